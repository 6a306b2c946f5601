import { fireEvent, screen } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { violations } from '~/testing/axe'
import { render } from '~/testing/render'
import { type ListColumn, ListTable } from './ListTable'
import { allOrNone, extended, NOTHING, type Selection, toggled } from './selection'
import { chosenColumns } from './useListLayout'

const columns: ListColumn<string>[] = [
  { key: 'name', head: 'Name', cell: (row) => <a href={`#${row}`} data-main>{`item ${row}`}</a> },
]
const many = Array.from({ length: 5000 }, (_, index) => String(index))
const same = (row: string) => row

function Ticked({ rows }: { rows: readonly string[] }) {
  const [selection, setSelection] = useState<Selection>(NOTHING)
  return (
    <>
      <output>{[...selection.ids].join(' ')}</output>
      <ListTable
        label="Things"
        columns={columns}
        rows={rows}
        rowKey={same}
        selection={{
          value: selection,
          onChange: setSelection,
          label: (row) => `Select ${row}`,
          allLabel: 'Select all',
        }}
      />
    </>
  )
}

const ticked = () => screen.getByRole('status').textContent
const box = (name: string) => screen.getByRole('checkbox', { name })

describe('ListTable selection', () => {
  it('ticks one, a range with Shift, all and none', async () => {
    const { container } = render(<Ticked rows={['a', 'b', 'c', 'd']} />)
    fireEvent.click(box('Select a'))
    fireEvent.click(box('Select c'), { shiftKey: true })
    expect(ticked()).toBe('a b c')
    fireEvent.click(box('Select b'))
    expect(ticked()).toBe('a c')
    expect((box('Select all') as HTMLInputElement).indeterminate).toBe(true)
    fireEvent.click(box('Select all'))
    expect(ticked()).toBe('a b c d')
    fireEvent.click(box('Select all'))
    expect(ticked()).toBe('')
    expect(await violations(container)).toEqual([])
  })

  it('ticks by keyboard as well, and gives up with Escape', () => {
    render(<Ticked rows={['a', 'b', 'c', 'd']} />)
    const [first] = screen.getAllByRole('link') as HTMLElement[]
    first?.focus()
    const press = (key: string, shiftKey = false) =>
      fireEvent.keyDown(document.activeElement as Element, { key, shiftKey })
    press(' ')
    press('ArrowDown', true)
    press('ArrowDown', true)
    expect(ticked()).toBe('a b c')
    expect(document.activeElement?.textContent).toBe('item c')
    press('Escape')
    expect(ticked()).toBe('')
  })
})

describe('a long ListTable', () => {
  beforeEach(() => {
    vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(600)
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600)
    vi.spyOn(HTMLElement.prototype, 'scrollHeight', 'get').mockReturnValue(5001 * 38)
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('has the rows near the screen only, and says how many there are', () => {
    render(<ListTable label="Things" columns={columns} rows={many} rowKey={same} />)
    const shown = screen.getAllByRole('link')
    expect(shown.length).toBeGreaterThan(15)
    expect(shown.length).toBeLessThan(80)
    expect(screen.getByRole('table').getAttribute('aria-rowcount')).toBe('5001')
    expect(shown[0]?.closest('tr')?.getAttribute('aria-rowindex')).toBe('2')
  })

  it('asks for more before the end is on screen', () => {
    const more = vi.fn()
    const list = (rows: readonly string[]) => (
      <ListTable label="Things" columns={columns} rows={rows} rowKey={same} onNearEnd={more} />
    )
    const { unmount } = render(list(many))
    expect(more).not.toHaveBeenCalled()
    unmount()
    render(list(many.slice(0, 30)))
    expect(more).toHaveBeenCalled()
  })
})

describe('ListTable rows', () => {
  it('show their newest state, and say when they no longer belong', () => {
    const { container } = render(
      <ListTable
        label="Things"
        columns={columns}
        rows={['a', 'b']}
        rowKey={(row) => row.slice(0, 1)}
        latest={(row) => (row === 'b' ? 'b changed' : row)}
        gone={(row) => (row.endsWith('changed') ? 'No longer matches' : undefined)}
      />,
    )
    expect(screen.getByText('item b changed')).toBeTruthy()
    expect([...container.querySelectorAll('tr[data-gone]')].map((row) => row.getAttribute('title'))).toEqual([
      'No longer matches',
    ])
  })
})

describe('selection', () => {
  it('keeps the anchor of a range, so that it can be drawn in or out', () => {
    const all = ['a', 'b', 'c', 'd']
    const started = toggled(NOTHING, 'b')
    expect(extended(started, all, 'd')).toEqual({ ids: new Set(['b', 'c', 'd']), anchor: 'b' })
    expect(extended(started, all, 'a').ids).toEqual(new Set(['a', 'b']))
    expect(extended(NOTHING, all, 'c')).toEqual({ ids: new Set(['c']), anchor: 'c' })
    expect(extended(started, all, 'gone')).toEqual(started)
  })

  it('is all, or none where it was all', () => {
    const two = { ids: new Set(['a', 'b']), anchor: 'a' }
    expect(allOrNone(two, ['a', 'b', 'c']).ids).toEqual(new Set(['a', 'b', 'c']))
    expect(allOrNone(two, ['a', 'b'])).toEqual(NOTHING)
  })
})

describe('chosenColumns', () => {
  it('has those that are always there, and the others as chosen', () => {
    const all: ListColumn<string>[] = [
      { key: 'always', head: 'A', cell: same },
      { key: 'often', head: 'B', choice: 'shown', cell: same },
      { key: 'seldom', head: 'C', choice: 'hidden', cell: same },
    ]
    const keys = (chosen: Record<string, boolean>) => chosenColumns(all, chosen).map(({ key }) => key)
    expect(keys({})).toEqual(['always', 'often'])
    expect(keys({ always: false, often: false, seldom: true })).toEqual(['always', 'seldom'])
  })
})
