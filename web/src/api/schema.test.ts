// @vitest-environment node
import { readFileSync } from 'node:fs'
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript'
import { expect, it } from 'vitest'

const here = new URL('.', import.meta.url)

it('schema.gen.d.ts is what openapi.json generates (else: npm run api)', async () => {
  const ast = await openapiTS(new URL('openapi.json', here), { defaultNonNullable: false })
  const generated = `${COMMENT_HEADER}${astToString(ast)}`
  expect(readFileSync(new URL('schema.gen.d.ts', here), 'utf8')).toBe(generated)
})
