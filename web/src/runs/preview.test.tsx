import { fireEvent, screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { violations } from '~/testing/axe'
import { render } from '~/testing/render'
import { cellText } from './cellText'
import { columnWidths, isNumeric } from './columnWidths'
import { inputDefaults, inputsSchema } from './inputs'
import { JsonPreview } from './JsonPreview'
import { RowCount } from './RowCount'

describe('JsonPreview', () => {
  it('folds a tree and shows long lists in steps', () => {
    const value = { list: Array.from({ length: 250 }, (_, index) => index), deep: { inner: { leaf: 'x' } } }
    render(<JsonPreview value={value} />)
    expect(screen.getByText('250 items')).toBeTruthy()
    expect(screen.queryByText('leaf')).toBeNull()
    fireEvent.click(screen.getByText('inner'))
    expect(screen.getByText('"x"')).toBeTruthy()
    expect(screen.queryByText('150')).toBeNull()
    fireEvent.click(screen.getByText('Show 100 more'))
    expect(screen.getAllByText('150').length).toBeGreaterThan(0)
    expect(screen.getByText('Show 50 more')).toBeTruthy()
  })

  it('shows what leads to what is searched for, and all of what is called so', async () => {
    const value = {
      orders: [
        { id: 1, city: 'Oslo' },
        { id: 2, city: 'Rome' },
      ],
      about: { city: { zip: 5 } },
    }
    const { container } = render(<JsonPreview value={value} />)
    fireEvent.change(screen.getByRole('textbox'), { target: { value: 'rome' } })
    await screen.findByText('1 match')
    expect(container.textContent).toContain('"Rome"')
    expect(container.textContent).not.toContain('Oslo')
    fireEvent.change(screen.getByRole('textbox'), { target: { value: 'city' } })
    await screen.findByText('3 matches')
    fireEvent.click(screen.getByRole('button', { name: /^city/ }))
    expect(container.textContent).toContain('zip')
    fireEvent.change(screen.getByRole('textbox'), { target: { value: 'Madrid' } })
    await screen.findByText('No match')
    expect(await violations(container)).toEqual([])
  })

  it('shows a plain value as it is', () => {
    render(<JsonPreview value={null} />)
    expect(screen.getByText('null')).toBeTruthy()
  })
})

describe('RowCount', () => {
  it('counts, in short where room is', () => {
    render(<RowCount rows={12_400} short />)
    expect(screen.getByText('12.4k').title).toBe('12,400 rows')
  })

  it('says why nobody counted', () => {
    render(<RowCount rows={null} short />)
    expect(screen.getByText('not stored').title).toBeTruthy()
    render(<RowCount rows={null} />)
    expect(screen.getByText('not counted').title).toMatch(/straight on to the next node/)
  })
})

describe('cells', () => {
  it.each([
    ['12.500000000000000000', '12.5'],
    ['100.000', '100'],
    ['100', '100'],
    ['-0.10', '-0.1'],
  ])('the decimal %s without zeros at the end', (value, text) => {
    expect(cellText(value, 'decimal(38, 18)')).toBe(text)
    expect(cellText(value, 'string')).toBe(value)
  })

  it.each([
    [null, 'null'],
    ['2013-01-01T05:00:00Z', '2013-01-01 05:00:00'],
    ['2013-01-01T05:00:00.000000+01:00', '2013-01-01 05:00:00 +01:00'],
    ['T-shirt', 'T-shirt'],
    [{ a: [1] }, '{"a":[1]}'],
    [false, 'false'],
  ])('%o', (value, text) => expect(cellText(value)).toBe(text))

  it('knows the numbers of Arrow, DuckDB and Python', () => {
    expect(['int64', 'UINTEGER', 'float64', 'double', 'decimal(3,1)'].every(isNumeric)).toBe(true)
    expect(['string', 'timestamp', 'interval', 'bool'].some(isNumeric)).toBe(false)
  })

  it('gives a column room for its values within bounds', () => {
    const columns = [
      { name: 'n', type: 'int64' },
      { name: 'text', type: 'string' },
    ]
    const [narrow, wide] = columnWidths(columns, [{ n: 1, text: 'x'.repeat(500) }])
    expect(narrow).toBeLessThan(110)
    expect(wide).toBe(320)
  })
})

describe('inputs', () => {
  const inputs = { month: { type: 'integer', default: 1 }, city: { type: 'string' } }
  it('asks for what has no default', () => {
    expect(inputsSchema(inputs)).toMatchObject({ required: ['city'], additionalProperties: false })
    expect(inputDefaults(inputs)).toEqual({ month: 1 })
  })
})
