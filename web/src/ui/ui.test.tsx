import { fireEvent, screen } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { ApiError } from '~/api/problem'
import { violations } from '~/testing/axe'
import { render } from '~/testing/render'
import { ErrorNote } from './ErrorNote'
import { type ListColumn, ListTable } from './ListTable'
import { Splitter } from './Splitter'
import { StatusBadge } from './StatusBadge'
import { STATUSES } from './tokens'

describe('StatusBadge', () => {
  it('says every status in words, and names the icon where it stands alone', () => {
    render(
      <>
        <StatusBadge status="retrying" label="Retrying 3/4" />
        <StatusBadge status="failed" variant="icon" />
      </>,
    )
    expect(screen.getByText('Retrying 3/4')).toBeTruthy()
    expect(screen.getByRole('img', { name: 'Failed' })).toBeTruthy()
  })

  it('has a word for each', () => {
    const { container } = render(STATUSES.map((status) => <StatusBadge key={status} status={status} />))
    expect(container.textContent).toContain('Interrupted')
  })
})

describe('ErrorNote', () => {
  it('quotes the message, names the places and offers the action', async () => {
    const retry = vi.fn()
    const problem = {
      code: 'config.missing',
      pointer: '/nodes/late/config/query',
      severity: 'error' as const,
      message: '`query` is required',
      fix: 'Add `query`',
    }
    const error = new ApiError(422, { detail: 'The document has 1 error', errors: [problem] })
    const { container } = render(<ErrorNote title="Not saved" error={error} onRetry={retry} />)
    expect(screen.getByRole('alert').textContent).toContain('The document has 1 error')
    expect(screen.getByText('/nodes/late/config/query')).toBeTruthy()
    expect(screen.getAllByText('query').every((element) => element.tagName === 'CODE')).toBe(true)
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(retry).toHaveBeenCalledOnce()
    expect(await violations(container)).toEqual([])
  })
})

describe('ListTable', () => {
  const columns: ListColumn<string>[] = [
    { key: 'name', head: 'Name', cell: (row) => <a href={`#${row}`} data-main>{`item ${row}`}</a> },
    { key: 'run', head: 'Run', hideHead: true, cell: () => <button type="button">Run</button> },
  ]

  it('opens by a click on the row, but not by one on a control in it', () => {
    const open = vi.fn()
    render(
      <ListTable label="Things" columns={columns} rows={['a', 'b']} rowKey={(row) => row} onOpen={open} />,
    )
    fireEvent.click(screen.getAllByRole('button')[0] as HTMLElement)
    expect(open).not.toHaveBeenCalled()
    fireEvent.click(screen.getAllByRole('cell')[2] as HTMLElement)
    expect(open).toHaveBeenCalledWith('b')
  })

  it('moves between rows with the arrow keys and is sound for readers', async () => {
    const { container } = render(
      <ListTable label="Things" columns={columns} rows={['a', 'b']} rowKey={(row) => row} />,
    )
    const [first, second] = screen.getAllByRole('link') as [HTMLElement, HTMLElement]
    first.focus()
    fireEvent.keyDown(first, { key: 'ArrowDown' })
    expect(document.activeElement).toBe(second)
    fireEvent.keyDown(second, { key: 'ArrowDown' })
    expect(document.activeElement).toBe(second)
    fireEvent.keyDown(second, { key: 'ArrowUp' })
    expect(document.activeElement).toBe(first)
    expect(await violations(container)).toEqual([])
  })
})

describe('Splitter', () => {
  it('moves by keyboard and stops at its bounds', () => {
    const change = vi.fn()
    render(<Splitter label="Width" orientation="vertical" size={110} min={100} max={120} onChange={change} />)
    const line = screen.getByRole('separator', { name: 'Width' })
    fireEvent.keyDown(line, { key: 'ArrowLeft' })
    fireEvent.keyDown(line, { key: 'ArrowRight' })
    fireEvent.keyDown(line, { key: 'ArrowUp' })
    expect(change.mock.calls).toEqual([[120], [100]])
  })
})
