/** What Enter and the space bar do on something that can be tapped. */
export function byKey(event: unknown, work: () => void): void {
  const { key, preventDefault } = event as KeyboardEvent
  if (key !== 'Enter' && key !== ' ') return
  preventDefault?.call(event)
  work()
}
