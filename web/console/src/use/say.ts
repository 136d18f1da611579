// One line at the bottom that says what was done; read out by screen readers.
import { ref } from 'vue'

export const said = ref('')
let clearing: ReturnType<typeof setTimeout> | undefined

export function say(text: string): void {
  said.value = text
  clearTimeout(clearing)
  clearing = setTimeout(() => (said.value = ''), 6000)
}
