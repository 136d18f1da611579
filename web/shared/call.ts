// Calling the API: typed by the contract, the same for `fetch` (console) and `uni.request` (phone). Each brings its
// transport and its place to keep tokens; renewing them, waiting for a new sign-in and reading problems happen here.
import type { components, paths } from './generated/api'

export type Schemas = components['schemas']
export type Method = 'get' | 'post' | 'put' | 'delete'

type Whole<P extends string> = `/api/v1${P}`
type Operation<P extends string, M extends Method> = Whole<P> extends keyof paths
  ? M extends keyof paths[Whole<P>]
    ? paths[Whole<P>][M]
    : never
  : never

/** The paths that have a method, without `/api/v1`. */
export type PathWith<M extends Method> = {
  [K in keyof paths]: paths[K][M] extends { responses: unknown } ? (K extends `/api/v1${infer P}` ? P : never) : never
}[keyof paths]

type Parameters<O, Where extends string> = O extends { parameters: infer A }
  ? Where extends keyof A
    ? NonNullable<A[Where]>
    : Record<string, never>
  : Record<string, never>

type Content<T> = T extends { content: infer C } ? C[keyof C] : undefined
export type BodyOf<P extends string, M extends Method> = Operation<P, M> extends { requestBody?: infer B }
  ? Content<NonNullable<B>>
  : undefined

type Good<R> = R extends object ? Content<R[Extract<keyof R, 200 | 201 | 202 | 204>]> : undefined
/** What a call answers when it succeeds. */
export type AnswerOf<P extends string, M extends Method> = Operation<P, M> extends { responses: infer R } ? Good<R> : unknown

export interface Options<P extends string, M extends Method> {
  path?: Parameters<Operation<P, M>, 'path'>
  query?: Partial<Parameters<Operation<P, M>, 'query'>>
  body?: BodyOf<P, M>
  /** The version that is changed; another's change in between answers 412. */
  version?: number
  /** Makes a POST safe to send twice. */
  idempotencyKey?: string
  /** For calls that are made without, or before, a sign-in. */
  anonymous?: boolean
  /** Raw content instead of JSON (a file). */
  raw?: { type: string; data: unknown }
}

/** A request as the transport sends it. */
export interface Sent {
  method: Method
  url: string
  headers: Record<string, string>
  body?: unknown
}

/** An answer as the transport brings it; `json` is undefined when there is none. */
export interface Received {
  status: number
  json: unknown
}

/** Sends one request. Throws only when no answer came. */
export type Transport = (sent: Sent) => Promise<Received>

export interface Tokens {
  access: string
  refresh: string
}

/** Where the tokens lie, and what to do when they no longer help. */
export interface Session {
  read(): Tokens | undefined
  write(tokens: Tokens | undefined): void
  /** Only one renewal at a time, also across windows that share the tokens. */
  alone<T>(work: () => Promise<T>): Promise<T>
  /** The session is over: resolves `true` once somebody has signed in again, `false` when they would not. */
  lost(): Promise<boolean>
}

export interface FieldFault {
  field: string
  code: string
  message: string
}

/** A refusal of the API (RFC 9457), or `offline` with status 0 when no answer came. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly fields: FieldFault[],
    /** The whole answer, for the few that carry more than a refusal. */
    readonly json?: unknown,
  ) {
    super(detail || title)
  }

  static offline(): Problem {
    return new Problem(0, 'offline', '连不上服务器', '请检查网络，稍后再试。填写的内容还在。', [])
  }

  static from(status: number, json: unknown): Problem {
    const body = (json ?? {}) as { code?: string; title?: string; detail?: string; errors?: FieldFault[] }
    return new Problem(status, body.code ?? `status_${status}`, body.title ?? '没有成功', body.detail ?? '', body.errors ?? [], json)
  }

  /** What is wrong with one field, if anything. */
  of(field: string): string | undefined {
    return this.fields.find((fault) => fault.field === field)?.message
  }
}

/** The address of a call: parameters put in, empty query values left out. */
export function address(path: string, at: Record<string, unknown> = {}, query: Record<string, unknown> = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(at[name] ?? '')))
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
  return `/api/v1${filled}${pairs.length ? `?${pairs.join('&')}` : ''}`
}

export interface Client {
  call<M extends Method, P extends PathWith<M>>(method: M, path: P, options?: Options<P, M>): Promise<AnswerOf<P, M>>
}

/** A client of the API over a transport. */
export function client(transport: Transport, session: Session): Client {
  const send = async (sent: Sent): Promise<Received> => {
    try {
      return await transport(sent)
    } catch {
      throw Problem.offline()
    }
  }

  /** New tokens for old ones; `false` when the session is over. */
  const renew = (used: string | undefined): Promise<boolean> =>
    session.alone(async () => {
      const tokens = session.read()
      if (!tokens) return false
      // Somebody else (another window) has renewed meanwhile.
      if (tokens.access !== used) return true
      // A session that was opened for one thing cannot be renewed.
      if (!tokens.refresh) {
        session.write(undefined)
        return false
      }
      const body = { refresh_token: tokens.refresh }
      const got = await send({
        method: 'post',
        url: address('/sessions/refresh'),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      if (got.status === 200) {
        const grant = got.json as { access_token: string; refresh_token: string }
        session.write({ access: grant.access_token, refresh: grant.refresh_token })
        return true
      }
      if (got.status === 401) {
        session.write(undefined)
        return false
      }
      throw Problem.from(got.status, got.json)
    })

  return {
    async call(method, path, options = {}) {
      const { path: at, query, body, version, idempotencyKey, anonymous, raw } = options
      const headers: Record<string, string> = { accept: 'application/json' }
      if (version !== undefined) headers['if-match'] = `"${version}"`
      if (idempotencyKey) headers['idempotency-key'] = idempotencyKey
      if (raw) headers['content-type'] = raw.type
      else if (body !== undefined) headers['content-type'] = 'application/json'
      const content = raw ? raw.data : body === undefined ? undefined : JSON.stringify(body)
      const url = address(path, at as Record<string, unknown>, query as Record<string, unknown>)

      for (let renewed = false; ; ) {
        const access = anonymous ? undefined : session.read()?.access
        const sent = access ? { ...headers, authorization: `Bearer ${access}` } : headers
        const got = await send({ method, url, headers: sent, body: content })
        if (got.status >= 200 && got.status < 300) return got.json as never
        if (got.status !== 401 || anonymous) throw Problem.from(got.status, got.json)
        // First new tokens, and when that no longer helps, the person.
        if (!renewed && (await renew(access))) {
          renewed = true
          continue
        }
        session.write(undefined)
        if (!(await session.lost())) throw Problem.from(got.status, got.json)
        renewed = false
      }
    },
  }
}
