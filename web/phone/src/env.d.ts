/// <reference types="vite/client" />
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}
/** WeChat's own object, in the mini-program. */
declare const wx: {
  setStorage: (options: { key: string; data: string; encrypt: true; success: () => void; fail: (error: unknown) => void }) => void
  getStorage: (options: { key: string; encrypt: true; success: (got: { data: unknown }) => void; fail: () => void }) => void
  getAppBaseInfo: () => { fontSizeScaleFactor?: number }
  requestSubscribeMessage: (options: {
    tmplIds: string[]
    success: (answer: Record<string, string>) => void
    fail: () => void
  }) => void
}
interface ImportMetaEnv {
  /** Where the mini-program finds the server; the pages in the browser use their own origin. */
  readonly VITE_SERVER?: string
  /** The id of the reminder's template, once WeChat has approved it. */
  readonly VITE_WECHAT_REMINDER?: string
}
