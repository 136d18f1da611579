/**
 * What somebody typed, what waits to be sent, and lists read before: kept on the phone, but not for others to read.
 *
 * In a browser each value is sealed with AES-GCM under a key that the browser made and gives to nobody, not even to us
 * (it lies in IndexedDB as a key that cannot be exported). In the mini-program WeChat's own encrypted storage holds
 * them. A browser without either (a page that did not come by https) keeps them only while the page is open.
 *
 * Both ways take a moment, so everything is read once at the start ([`ready`]) and answered from memory after that.
 */

import { forget, kept } from './keep'

const PREFIXES = ['draft.', 'seen.', 'x.queue']
/** Name to JSON. */
const values = new Map<string, string>()
const unwritten = new Set<string>()
let writing: Promise<void> | null = null
let filled = false

// #ifdef H5
const MARK = 's1.'
const BASE = 'xiangban'
let key: Promise<CryptoKey | null> | null = null
// #endif

/** What was kept before is here. */
export const ready: Promise<void> = fill().finally(() => (filled = true))

export function isReady(): boolean {
  return filled
}

export function recallSealed<T>(name: string): T | null {
  const text = values.get(name)
  return text === undefined ? null : (JSON.parse(text) as T)
}

export function keepSealed(name: string, value: unknown): void {
  values.set(name, JSON.stringify(value))
  write(name)
}

export function forgetSealed(name: string): void {
  values.delete(name)
  write(name)
}

export function sealedNames(prefix: string): string[] {
  return [...values.keys()].filter((name) => name.startsWith(prefix))
}

/** Whatever was kept so far is on the phone. */
export async function written(): Promise<void> {
  await ready
  while (writing) await writing
}

/** Nothing of anybody is left: then not even the key. */
export async function forgetKeyIfEmpty(): Promise<void> {
  await written()
  if (values.size === 0) await forgetKey()
}

function write(name: string): void {
  unwritten.add(name)
  writing ??= drain().finally(() => (writing = null))
}

async function drain(): Promise<void> {
  await ready
  for (let name = first(); name !== undefined; name = first()) {
    unwritten.delete(name)
    const text = values.get(name)
    try {
      if (text === undefined) forget(name)
      else await put(name, text)
    } catch {
      // A full or forbidden storage must not stop somebody's work; only the safety net is gone.
    }
  }
}

function first(): string | undefined {
  return unwritten.values().next().value as string | undefined
}

async function fill(): Promise<void> {
  const names = PREFIXES.flatMap((prefix) => kept(prefix))
  await Promise.all(
    names.map(async (name) => {
      try {
        const text = await take(name)
        if (text === null) forget(name)
        // What was written meanwhile is newer.
        else if (!values.has(name)) values.set(name, text)
      } catch {
        // The key could not be had this time: left as it is for the next.
      }
    }),
  )
}

function put(name: string, text: string): Promise<void> {
  // #ifdef H5
  return putInBrowser(name, text)
  // #endif
  // #ifndef H5
  return putInWechat(name, text)
  // #endif
}

function take(name: string): Promise<string | null> {
  // #ifdef H5
  return takeInBrowser(name)
  // #endif
  // #ifndef H5
  return takeInWechat(name)
  // #endif
}

/** In the mini-program the key is WeChat's. */
async function forgetKey(): Promise<void> {
  // #ifdef H5
  await forgetBrowserKey()
  // #endif
}

// #ifdef H5
const bytesOf = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
const textOf = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))

async function putInBrowser(name: string, text: string): Promise<void> {
  const key = await theKey()
  if (!key) return
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: utf8(name) }, key, utf8(text))
  // Forgotten while it was being sealed.
  if (!values.has(name)) return forget(name)
  uni.setStorageSync(name, `${MARK}${textOf(iv)}.${textOf(new Uint8Array(sealed))}`)
}

/** The value, or `null` for one that cannot be opened any more. */
async function takeInBrowser(name: string): Promise<string | null> {
  const stored = uni.getStorageSync(name) as unknown
  if (typeof stored !== 'string' || !stored.startsWith(MARK)) return null
  const key = await theKey()
  if (!key) throw new Error('no key')
  const [iv, sealed] = stored.slice(MARK.length).split('.')
  try {
    const algorithm = { name: 'AES-GCM', iv: bytesOf(iv!), additionalData: utf8(name) }
    return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, key, bytesOf(sealed!)))
  } catch {
    return null
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function theKey(): Promise<CryptoKey | null> {
  return (key ??= findOrMakeKey().catch(() => null))
}

async function findOrMakeKey(): Promise<CryptoKey | null> {
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) return null
  const base = await opened()
  const found = await asked<CryptoKey | undefined>(base.transaction('keys').objectStore('keys').get('drafts'))
  if (found) return found
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  // Another window may have been first: then its key counts.
  const store = base.transaction('keys', 'readwrite').objectStore('keys')
  await asked(store.add(made, 'drafts')).catch(() => undefined)
  return (await asked<CryptoKey | undefined>(base.transaction('keys').objectStore('keys').get('drafts'))) ?? null
}

async function forgetBrowserKey(): Promise<void> {
  key = null
  try {
    const base = await opened()
    await asked(base.transaction('keys', 'readwrite').objectStore('keys').delete('drafts'))
  } catch {
    // There was none.
  }
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(BASE, 1)
  request.onupgradeneeded = () => request.result.createObjectStore('keys')
  return asked(request)
}

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = (event) => {
      event.preventDefault()
      reject(request.error)
    }
  })
}
// #endif

// #ifndef H5
function putInWechat(name: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => wx.setStorage({ key: name, data: text, encrypt: true, success: () => resolve(), fail: reject }))
}

function takeInWechat(name: string): Promise<string | null> {
  return new Promise((resolve) =>
    wx.getStorage({ key: name, encrypt: true, success: (got) => resolve(typeof got.data === 'string' ? got.data : null), fail: () => resolve(null) }),
  )
}
// #endif
