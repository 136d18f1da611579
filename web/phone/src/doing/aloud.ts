/**
 * Reading aloud, where the device has a Chinese voice. WeChat gives a mini-program a voice only through a plugin of its
 * own (speech goes to its servers), so there the button is not shown: somebody at hand reads it out.
 */

import { ref } from 'vue'

export const speaking = ref(false)

/** Whether this device can. Voices may arrive late, so it is asked each time. */
export function canSpeak(): boolean {
  // #ifdef H5
  return 'speechSynthesis' in window && voice() !== undefined
  // #endif
  // #ifndef H5
  return false
  // #endif
}

export function speak(text: string): void {
  // #ifdef H5
  stop()
  const parts = text.split(/(?<=[。；：！？\n])/).filter((part) => part.trim())
  speaking.value = parts.length > 0
  parts.forEach((part, at) => {
    const said = new SpeechSynthesisUtterance(part)
    said.lang = 'zh-CN'
    said.rate = 0.9
    said.voice = voice() ?? null
    if (at === parts.length - 1) said.onend = () => (speaking.value = false)
    window.speechSynthesis.speak(said)
  })
  // #endif
}

export function stop(): void {
  // #ifdef H5
  if ('speechSynthesis' in window) window.speechSynthesis.cancel()
  // #endif
  speaking.value = false
}

// #ifdef H5
function voice(): SpeechSynthesisVoice | undefined {
  return window.speechSynthesis.getVoices().find((one) => /^zh|cmn/i.test(one.lang))
}
// #endif
