/** The browser keeps the pages themselves, so that they open without signal. The mini-program's are on the phone anyway. */
export function keepPages(): void {
  // #ifdef H5
  if ('serviceWorker' in navigator && window.isSecureContext && import.meta.env.PROD) {
    void navigator.serviceWorker.register(`${import.meta.env.BASE_URL}without-signal.js`).catch(() => undefined)
  }
  // #endif
}
