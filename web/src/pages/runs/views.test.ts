import { describe, expect, it } from 'vitest'
import { parseViews, withView } from './views'

describe('saved views', () => {
  it('replace one of the same name and are in order of their names', () => {
    const views = withView(withView([], { name: 'b', search: { min: 1 } }), { name: 'a', search: {} })
    expect(withView(views, { name: 'b', search: { max: 2 } })).toEqual([
      { name: 'a', search: {} },
      { name: 'b', search: { max: 2 } },
    ])
  })

  it('survive whatever is stored', () => {
    const odd = [
      undefined,
      '',
      '{',
      'null',
      '7',
      '[null, 1, {"name": ""}, {"name": "x"}, {"name": 1, "search": {}}]',
    ]
    for (const stored of odd) expect(parseViews(stored)).toEqual([])
    const [view] = parseViews('[{"name": "x", "search": {"status": "failed", "min": "much"}}]')
    expect(view).toMatchObject({ name: 'x', search: { status: 'failed', min: undefined } })
  })
})
