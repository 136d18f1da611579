// The Chinese of the API's codes. Stated in src/words.toml of the program; here it is only looked up.
import { words } from './generated/words'

export type Enumeration = keyof typeof words

/** What a person reads for a code; a code this build does not know yet is shown as it is. */
export function word(enumeration: Enumeration, value: string | null | undefined): string {
  if (value == null || value === '') return ''
  return (words[enumeration] as Record<string, string>)[value] ?? value
}

/** The values of an enumeration in the order of the contract, to choose from. */
export function options(enumeration: Enumeration): { value: string; text: string }[] {
  return Object.entries(words[enumeration] as Record<string, string>).map(([value, text]) => ({ value, text }))
}
