// From openapi.yaml: `generated/api.ts` (types) and `generated/words.ts` (the Chinese of every code, in the order of the
// contract). Neither is committed: they are made before every build.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import openapiTS, { astToString } from 'openapi-typescript'
import { parse } from 'yaml'

const contract = parse(await readFile(new URL('../../openapi.yaml', import.meta.url), 'utf8'))
const target = new URL('generated/', import.meta.url)
await mkdir(target, { recursive: true })

const types = astToString(await openapiTS(contract, { alphabetize: true }))
await writeFile(new URL('api.ts', target), `// Generated from openapi.yaml.\n${types}`)

const words = {}
for (const [name, schema] of Object.entries(contract.components.schemas)) {
  if (!schema['x-chinese'] || !schema.enum) continue
  words[name] = Object.fromEntries(schema.enum.map((value) => [value, schema['x-chinese'][value]]))
}
await writeFile(
  new URL('words.ts', target),
  `// Generated from openapi.yaml.\nexport const words = ${JSON.stringify(words, null, 2)} as const\n`,
)
