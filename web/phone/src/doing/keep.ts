/** What stays on the phone as it is: who is signed in, how big the letters are. What people typed is sealed (`sealed.ts`). */

export function recall<T>(name: string): T | null {
  const text = uni.getStorageSync(name) as string
  if (!text) return null
  try {
    return JSON.parse(text) as T
  } catch {
    return null
  }
}

export function keep(name: string, value: unknown): void {
  try {
    uni.setStorageSync(name, JSON.stringify(value))
  } catch {
    // A full or forbidden storage must not stop somebody's work; only the safety net is gone.
  }
}

export function forget(name: string): void {
  uni.removeStorageSync(name)
}

/** The names kept that begin with `prefix`. */
export function kept(prefix: string): string[] {
  return uni.getStorageInfoSync().keys.filter((name) => name.startsWith(prefix))
}
