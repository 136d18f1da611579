/// <reference types="vite/client" />
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}
interface ImportMetaEnv {
  /** Where the mini-program finds the server; the pages in the browser use their own origin. */
  readonly VITE_SERVER?: string
}
