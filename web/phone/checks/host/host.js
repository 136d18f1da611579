// Stands in for WeChat: runs the built mini-program in a browser on the open component engine. It proves what the program
// does (pages, taps, typing, canvas, requests), not what WeChat paints.
import * as glassEasel from 'glass-easel'
import { MiniProgramEnv } from 'glass-easel-miniprogram-adapter'

const { app, templates, configs, scripts } = window.built
const mini = new MiniProgramEnv()
const space = mini.createCodeSpace('main', true)
// WeChat's events are plain objects, and the framework looks for `detail` among their own fields.
const wrap = glassEasel.Event.prototype.wrapShadowedEvent
glassEasel.Event.prototype.wrapShadowedEvent = function (...given) {
  const event = wrap.apply(this, given)
  const own = (value) => ({ value, writable: true, enumerable: true, configurable: true })
  return Object.defineProperties(event, { type: own(this.type), detail: own(this.detail), timeStamp: own(this.timeStamp) })
}
// The framework hangs its listeners on the instance, not on the definition.
space.getComponentSpace().updateComponentOptions({ useMethodCallerListeners: true })
const backend = mini.associateBackend()
const pages = []

window.wxCalls = { subscribed: [], phoned: [], toasts: [] }
window.getCurrentPages = () => pages.map((page) => page.caller)

const ENCRYPTED = 'encrypted:'
const mark = (options) => (options.encrypt ? ENCRYPTED : '')
const ok = (options, value = {}) => {
  options?.success?.(value)
  options?.complete?.(value)
}
const device = { platform: 'android', brand: 'HUAWEI', model: 'nova 5', SDKVersion: '3.8.0', version: '8.0.50', language: 'zh_CN' }
const screen = { pixelRatio: 2, windowWidth: 360, windowHeight: 740, screenWidth: 360, screenHeight: 740, statusBarHeight: 20 }
const known = {
  canIUse: () => true,
  getSystemInfoSync: () => ({ ...device, ...screen, deviceBrand: device.brand, deviceModel: device.model }),
  getDeviceInfo: () => device,
  getWindowInfo: () => screen,
  getAppBaseInfo: () => ({ SDKVersion: device.SDKVersion, language: 'zh_CN', version: device.version, fontSizeScaleFactor: window.fontSizeScaleFactor ?? 1 }),
  getLaunchOptionsSync: () => ({ path: app.pages[0], query: {}, scene: 1001 }),
  getEnterOptionsSync: () => ({ path: app.pages[0], query: {}, scene: 1001 }),
  getAccountInfoSync: () => ({ miniProgram: { appId: 'touristappid' } }),
  getStorageSync: (name) => JSON.parse(localStorage.getItem(name) ?? '""'),
  setStorageSync: (name, value) => localStorage.setItem(name, JSON.stringify(value)),
  removeStorageSync: (name) => (localStorage.removeItem(name), localStorage.removeItem(ENCRYPTED + name)),
  getStorageInfoSync: () => ({ keys: Object.keys(localStorage).map((name) => name.replace(ENCRYPTED, '')) }),
  // WeChat encrypts where it is asked to, and gives back only to who asks the same way.
  setStorage: (options) => (localStorage.setItem(mark(options) + options.key, JSON.stringify(options.data)), ok(options)),
  getStorage: (options) => {
    const found = localStorage.getItem(mark(options) + options.key)
    return found === null ? options.fail?.({ errMsg: 'getStorage:fail data not found' }) : ok(options, { data: JSON.parse(found) })
  },
  request: (options) => void send(options),
  navigateTo: (options) => (open(options.url), ok(options)),
  redirectTo: (options) => (close(1), open(options.url), ok(options)),
  reLaunch: (options) => (close(pages.length), open(options.url), ok(options)),
  navigateBack: (options) => (close(options?.delta ?? 1), show(), ok(options)),
  showToast: (options) => (window.wxCalls.toasts.push(options.title), ok(options)),
  showModal: (options) => ok(options, { confirm: true }),
  makePhoneCall: (options) => (window.wxCalls.phoned.push(options.phoneNumber), ok(options)),
  login: (options) => ok(options, { code: window.wechatCode ?? 'code' }),
  requestSubscribeMessage: (options) => {
    window.wxCalls.subscribed.push(options.tmplIds)
    ok(options, Object.fromEntries(options.tmplIds.map((id) => [id, 'accept'])))
  },
  nextTick: (work) => setTimeout(work),
  createSelectorQuery: () => query(),
  onNetworkStatusChange: (listen) => (window.networkListener = listen),
}
const wx = new Proxy(known, { get: (target, name) => target[name] ?? (() => undefined), set: (target, name, value) => ((target[name] = value), true) })
Object.assign(window, { wx, global: window, App: (definition) => (window.theApp = definition), getApp: () => window.theApp })

async function send(options) {
  if (window.noSignal) return options.fail?.({ errMsg: 'request:fail' })
  try {
    // Wherever the program was told the server is, here it is this page's own origin.
    const url = options.url.replace(/^https?:\/\/[^/]+/, location.origin)
    const answer = await fetch(url, { method: options.method, headers: options.header, body: options.data })
    const text = await answer.text()
    let data = text
    try {
      data = JSON.parse(text)
    } catch {
      // Not JSON: handed on as text, as WeChat does.
    }
    options.success?.({ statusCode: answer.status, data, header: Object.fromEntries(answer.headers) })
  } catch {
    options.fail?.({ errMsg: 'request:fail' })
  }
  options.complete?.({})
}

function query() {
  const asked = []
  const one = {
    in: () => one,
    select: (selector) => ({
      fields: (_, done) => {
        asked.push([selector, done])
        return one
      },
    }),
    exec: (done) => {
      const found = asked.map(([selector, each]) => {
        const node = selector === '#pad' ? document.querySelector('canvas') : null
        const box = node?.getBoundingClientRect()
        const answer = node ? { node, width: box.width, height: box.height } : null
        each?.(answer)
        return answer
      })
      done?.(found)
    },
  }
  return one
}

const loaded = {}
function load(path) {
  if (loaded[path]) return loaded[path].exports
  const module = (loaded[path] = { exports: {} })
  const base = path.split('/').slice(0, -1)
  const require = (wanted) => {
    const steps = [...base]
    for (const step of wanted.replace(/\.js$/, '').split('/')) step === '..' ? steps.pop() : step !== '.' && steps.push(step)
    return load(steps.join('/'))
  }
  space.componentEnv(path, ({ Page, Component, Behavior }) => {
    const outer = { Page: window.Page, Behavior: window.Behavior, Component: window.Component }
    Object.assign(window, { Page, Behavior, Component: (definition) => Component(named(definition)) })
    scripts[path](require, module, module.exports)
    Object.assign(window, outer)
  })
  return module.exports
}

/** The framework renames its events (`update:modelValue` → `updateModelValue`) in a hook on the global `Component`. */
function named(definition) {
  const { created, lifetimes = {} } = definition
  const camel = (name) => name.replace(/[:-](\w)/g, (_, letter) => letter.toUpperCase())
  return {
    ...definition,
    created(...given) {
      const trigger = this.triggerEvent
      this.triggerEvent = (name, ...rest) => trigger.call(this, camel(name), ...rest)
      return created?.apply(this, given)
    },
    // WeChat says `ready` after the first layout; the engine leaves that to its host.
    lifetimes: {
      ...lifetimes,
      attached(...given) {
        lifetimes.attached?.apply(this, given)
        setTimeout(() => lifetimes.ready?.call(this))
      },
      ready: undefined,
    },
  }
}

function open(url) {
  const [path, search = ''] = url.replace(/^\//, '').split('?')
  const asked = Object.fromEntries(search.split('&').filter(Boolean).map((pair) => pair.split('=')))
  load(path)
  for (const page of pages) page.holder.style.display = 'none'
  const holder = document.body.appendChild(document.createElement('div'))
  const place = holder.appendChild(document.createElement('div'))
  const root = backend.createRoot('page', space, path)
  const caller = root.get()
  caller.route = path
  pages.push({ root, caller, holder })
  root.attach(holder, place)
  caller.onLoad?.(asked)
  caller.onShow?.()
  caller.onReady?.()
  document.title = configs[path]?.navigationBarTitleText ?? ''
}
function close(count) {
  for (const page of pages.splice(Math.max(0, pages.length - count))) {
    page.caller.onUnload?.()
    page.root.release()
    page.holder.remove()
  }
}
function show() {
  const top = pages.at(-1)
  if (!top) return open(`/${app.pages[0]}`)
  top.holder.style.display = ''
  top.caller.onShow?.()
}

// The events of WeChat's own elements: a tap, where on a canvas, what was typed.
for (const type of ['touchstart', 'touchmove', 'touchend']) {
  window.addEventListener(
    type,
    (event) => {
      const canvas = event.target.closest?.('canvas')
      if (!canvas) return
      event.stopPropagation()
      const box = canvas.getBoundingClientRect()
      const touches = [...event.touches].map((touch) => ({ x: touch.clientX - box.left, y: touch.clientY - box.top }))
      raise(canvas, type, { touches }, { touches })
    },
    true,
  )
}
window.addEventListener('click', (event) => raise(event.target, 'tap', { x: event.clientX, y: event.clientY }), true)
window.addEventListener(
  'input',
  (event) => {
    event.stopPropagation()
    raise(event.target, 'input', { value: event.target.value })
  },
  true,
)
function raise(node, type, detail, extraFields = {}) {
  let at = node
  while (at && !at.__wxElement) at = at.parentNode
  if (at) glassEasel.Event.triggerEvent(at.__wxElement, type, detail, { bubbles: true, composed: true, extraFields })
}

// One scope for all styles: whose class reaches where is WeChat's matter.
for (const [path, config] of Object.entries(configs)) space.addComponentStaticConfig(path, { ...config, styleIsolation: 'shared' })
for (const [path, content] of Object.entries(templates)) space.addCompiledTemplate(path, { groupList: templates, content })
load('app')
for (const path of Object.keys(configs)) if (scripts[path] && path !== 'app') load(path)
window.theApp?.onLaunch?.call(window.theApp, known.getLaunchOptionsSync())
window.theApp?.onShow?.call(window.theApp, known.getLaunchOptionsSync())
window.openPage = (url) => (close(pages.length), open(url))
open(window.startAt ?? `/${app.pages[0]}`)
