import { expect, test } from 'vitest'
import { readObject } from './readObject'

test('only a whole JSON object is one', () => {
  expect(readObject('{"body": {"n": 1}}')).toEqual({ body: { n: 1 } })
  for (const text of ['', '{', '[]', 'null', '"text"', '{"a": }']) expect(readObject(text)).toBeNull()
})
