/** From page to page. */

export function go(page: string, query: Record<string, string | number> = {}): void {
  uni.navigateTo({ url: address(page, query) })
}

/** In place of the present page. */
export function goInstead(page: string, query: Record<string, string | number> = {}): void {
  uni.redirectTo({ url: address(page, query) })
}

export function goHome(): void {
  uni.reLaunch({ url: '/pages/home/home' })
}

export function goBack(): void {
  if (getCurrentPages().length > 1) uni.navigateBack()
  else goHome()
}

/** To sign in, and back to where one was. */
export function goSignIn(): void {
  const here = getCurrentPages().at(-1) as { route?: string; $page?: { fullPath?: string } } | undefined
  const back = here?.$page?.fullPath ?? (here?.route ? `/${here.route}` : '')
  uni.reLaunch({ url: address('sign-in/sign-in', back && !back.includes('sign-in') ? { back } : {}) })
}

export function phone(number: string): void {
  uni.makePhoneCall({ phoneNumber: number, fail: () => undefined })
}

export function toast(title: string): void {
  uni.showToast({ title, icon: 'none', duration: 2500 })
}

function address(page: string, query: Record<string, string | number>): string {
  const parts = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return `/pages/${page}${parts.length ? `?${parts.join('&')}` : ''}`
}
