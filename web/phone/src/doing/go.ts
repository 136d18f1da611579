/** From page to page. */

import { leaveLink, link } from './session'

/** A second tap while the first is under way fails, and the first one does. */
const twice = (): void => undefined

export function go(page: string, query: Record<string, string | number> = {}): void {
  uni.navigateTo({ url: address(page, query), fail: twice })
}

export function goHome(): void {
  leaveLink()
  uni.reLaunch({ url: '/pages/home/home', fail: twice })
}

export function goBack(): void {
  if (getCurrentPages().length > 1) uni.navigateBack()
  else goHome()
}

/** To sign in, and back to where one was; whoever came by a link goes through the link again. */
export function goSignIn(): void {
  const ticket = link()?.ticket
  if (ticket) return uni.reLaunch({ url: address('link/link', { t: ticket }), fail: twice })
  const here = getCurrentPages().at(-1) as { route?: string; $page?: { fullPath?: string } } | undefined
  const back = here?.$page?.fullPath ?? (here?.route ? `/${here.route}` : '')
  uni.reLaunch({ url: address('sign-in/sign-in', back && !back.includes('sign-in') ? { back } : {}), fail: twice })
}

export function phone(number: string): void {
  uni.makePhoneCall({ phoneNumber: number, fail: () => undefined })
}

function address(page: string, query: Record<string, string | number>): string {
  const parts = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return `/pages/${page}${parts.length ? `?${parts.join('&')}` : ''}`
}
