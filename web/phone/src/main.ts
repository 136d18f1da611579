import { createSSRApp } from 'vue'
import App from './App.vue'
import { ready } from './doing/sealed'

export function createApp() {
  const app = createSSRApp(App)
  // #ifdef H5
  // What was typed before is opened first, so that every page finds it at once.
  const mount = app.mount
  app.mount = (...place) => {
    void ready.then(() => mount(...place))
    return undefined as never
  }
  // #endif
  return { app }
}
