/** What this phone calls itself: kept beside a signature and in the list of signed-in devices. */
export function device(): string {
  const info = uni.getSystemInfoSync()
  const name = [info.deviceBrand, info.deviceModel || info.model].filter(Boolean).join(' ') || '手机'
  // #ifdef MP-WEIXIN
  return `${name}（小程序）`.slice(0, 100)
  // #endif
  // #ifndef MP-WEIXIN
  return `${name}（浏览器）`.slice(0, 100)
  // #endif
}
