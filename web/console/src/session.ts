// Who is signed in. Tokens lie in localStorage, so that a link opened in a new tab needs no new sign-in; renewing them is
// done by one tab at a time. When a session is over while somebody works, they sign in over the page they are on.
import { computed, reactive } from 'vue'
import { Problem, client, type AnswerOf, type Schemas, type Sent, type Session, type Tokens } from '@shared/call'

export type Me = AnswerOf<'/me', 'get'>

const PLACE = 'xiangban.tokens'

export const state = reactive({
  me: undefined as Me | undefined,
  /** Set while somebody must sign in again to go on. */
  asking: undefined as ((signedIn: boolean) => void) | undefined,
})

function read(): Tokens | undefined {
  try {
    return JSON.parse(localStorage.getItem(PLACE) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

function write(tokens: Tokens | undefined): void {
  if (tokens) localStorage.setItem(PLACE, JSON.stringify(tokens))
  else localStorage.removeItem(PLACE)
}

let renewing: Promise<unknown> = Promise.resolve()

/** `navigator.locks` stands only on https and localhost; elsewhere one tab still renews once at a time. */
function alone<T>(work: () => Promise<T>): Promise<T> {
  if (navigator.locks) return navigator.locks.request(PLACE, work) as Promise<T>
  const turn = renewing.then(work, work)
  renewing = turn.catch(() => undefined)
  return turn
}

let waiting: Promise<boolean> | undefined

/** Asks once, however many calls wait for the answer. */
function lost(): Promise<boolean> {
  if (!state.me) return Promise.resolve(false)
  waiting ??= new Promise<boolean>((resolve) => {
    state.asking = (signedIn) => {
      state.asking = undefined
      waiting = undefined
      resolve(signedIn)
    }
  })
  return waiting
}

const session: Session = { read, write, alone, lost }

async function transport(sent: Sent) {
  const response = await fetch(sent.url, {
    method: sent.method.toUpperCase(),
    headers: sent.headers,
    body: sent.body as BodyInit | undefined,
  })
  const text = await response.text()
  let json: unknown
  try {
    json = text ? JSON.parse(text) : undefined
  } catch {
    json = text
  }
  return { status: response.status, json }
}

export const { call } = client(transport, session)

/** Fetches a file with the caller's token. */
export async function download(url: string, name: string): Promise<void> {
  // A small call first, so that the token is fresh.
  await call('get', '/me')
  const response = await fetch(url, { headers: { authorization: `Bearer ${read()?.access ?? ''}` } })
  if (!response.ok) throw Problem.from(response.status, await response.json().catch(() => undefined))
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

export const hasTokens = (): boolean => read() !== undefined

/** Keeps the tokens of a sign-in, and learns who it is. */
export async function enter(grant: { access_token: string; refresh_token: string }): Promise<void> {
  const before = state.me?.person_id
  write({ access: grant.access_token, refresh: grant.refresh_token })
  state.me = await call('get', '/me')
  // Somebody else's half-written page is not for these eyes.
  if (before !== undefined && before !== state.me.person_id) location.assign('/console/')
}

export async function recognise(): Promise<boolean> {
  if (state.me) return true
  if (!read()) return false
  try {
    state.me = await call('get', '/me')
    return true
  } catch (problem) {
    if (read()) throw problem
    return false
  }
}

export async function leave(): Promise<void> {
  try {
    const current = sessionId()
    if (current) await call('delete', '/sessions/{id}', { path: { id: current } })
  } finally {
    write(undefined)
    state.me = undefined
    sessionStorage.clear()
  }
}

/** The session this browser holds, from its token. */
export function sessionId(): number | undefined {
  const middle = read()?.access.split('.')[1]
  if (!middle) return undefined
  try {
    const claims = JSON.parse(atob(middle.replace(/-/g, '+').replace(/_/g, '/')))
    return typeof claims.sid === 'number' ? claims.sid : undefined
  } catch {
    return undefined
  }
}

export const posts = computed(() => state.me?.posts ?? [])
/** Whether somebody signed in holds one of these posts; the API decides, this only shapes what is offered. */
export const holds = (...kinds: Schemas['PostKind'][]): boolean => posts.value.some((post) => kinds.includes(post.kind))
