/** An id made on the phone, so that what is sent twice is stored once. */
export function uuid(): string {
  const bytes = randomBytes()
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-')
}

function randomBytes(): Uint8Array {
  const bytes = new Uint8Array(16)
  // #ifdef H5
  crypto.getRandomValues(bytes)
  // #endif
  // #ifndef H5
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = Math.floor(Math.random() * 256)
  // #endif
  return bytes
}
