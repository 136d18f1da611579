// Keeps the pages for when there is no signal. Answers of the API are never kept here.
const VERSION = '__VERSION__'
const FILES = __FILES__
const NAME = `pages-${VERSION}`
const PATIENCE_MS = 3000

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()))
})

self.addEventListener('activate', (event) => {
  const others = (names) => names.filter((name) => name.startsWith('pages-') && name !== NAME)
  event.waitUntil(
    caches.keys().then((names) => Promise.all(others(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  )
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin || !url.pathname.startsWith('/m/')) return
  event.respondWith(request.mode === 'navigate' ? page(request) : file(request))
})

/** The newest page when it comes soon enough, otherwise the kept one. */
async function page(request) {
  const kept = () => caches.match('./', { cacheName: NAME })
  const late = new Promise((resolve) => setTimeout(() => kept().then(resolve), PATIENCE_MS))
  try {
    return (await Promise.race([fetch(request), late])) || (await fetch(request))
  } catch {
    return (await kept()) || Response.error()
  }
}

/** Files carry their hash in their name: the kept one is the right one. */
async function file(request) {
  return (await caches.match(request, { cacheName: NAME })) || fetch(request)
}
