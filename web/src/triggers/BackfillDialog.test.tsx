import { QueryClient, QueryClientProvider, queryOptions } from '@tanstack/react-query'
import { act, fireEvent, screen } from '@testing-library/react'
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import type { Trigger } from '~/api/types'
import { render } from '~/testing/render'
import { BackfillDialog } from './BackfillDialog'

const counted = vi.hoisted(() => vi.fn())

vi.mock('@tanstack/react-router', () => ({ useNavigate: () => () => {} }))

vi.mock('~/api/triggers', () => ({
  useBackfill: () => ({ mutate: vi.fn(), isPending: false, error: null }),
  backfillPlanQuery: (order: { from: string; to: string }) =>
    queryOptions({
      queryKey: ['plan', order],
      queryFn: () => {
        counted(order.from)
        return { total: order.from < '2020' ? 0 : 3, first: null, last: null }
      },
    }),
}))

beforeAll(() => {
  window.matchMedia ??= vi
    .fn()
    .mockReturnValue({ matches: false, addEventListener() {}, removeEventListener() {} })
  window.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  }
})
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** The first second lets the fields settle, the second one what is asked then. */
const settle = async () => {
  await act(() => vi.advanceTimersByTimeAsync(1000))
  await act(() => vi.advanceTimersByTimeAsync(1000))
}
const TRIGGER = { workflow: 'w', name: 't', config: { timezone: 'Europe/Rome' } } as unknown as Trigger
const button = () => screen.getByRole<HTMLButtonElement>('button', { name: /^Start .*runs$/ })

it('counts once the range is written, and starts nothing that was not counted', async () => {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <BackfillDialog trigger={TRIGGER} onClose={() => {}} />
    </QueryClientProvider>,
  )
  await settle()
  expect(counted).toHaveBeenCalledTimes(1)
  expect(button().disabled).toBe(false)
  // What an input of dates holds while the digits of a year are typed.
  for (const year of ['0002', '0020', '0202', '2026'])
    fireEvent.change(screen.getByLabelText('From'), { target: { value: `${year}-01-01T00:00` } })
  expect(button().disabled).toBe(true)
  await settle()
  expect(counted).toHaveBeenCalledTimes(2)
  expect(counted.mock.lastCall).toEqual(['2026-01-01T00:00'])
  expect(button().disabled).toBe(false)
})

it('reads times in the zone of the schedule, and an unfinished range is no error', async () => {
  counted.mockClear()
  vi.setSystemTime(new Date('2026-03-05T23:30:00Z'))
  render(
    <QueryClientProvider client={new QueryClient()}>
      <BackfillDialog trigger={TRIGGER} onClose={() => {}} />
    </QueryClientProvider>,
  )
  expect(screen.getByLabelText<HTMLInputElement>('Until').value).toBe('2026-03-06T00:00')
  expect(screen.getByText(/Times are those of Europe\/Rome\./)).toBeDefined()
  await settle()
  fireEvent.change(screen.getByLabelText('From'), { target: { value: '2026-03-07T00:00' } })
  await settle()
  expect(counted).toHaveBeenCalledTimes(1)
  expect(screen.getByRole('status').textContent).toContain('Until must lie after From')
  expect(screen.queryByRole('alert')).toBeNull()
  expect(button().disabled).toBe(true)
  fireEvent.change(screen.getByLabelText('Until'), { target: { value: '' } })
  expect(screen.getByRole('status').textContent).toContain('Fill in both fields')
})

it('says of an empty range what is wrong with it, and starts nothing', async () => {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <BackfillDialog trigger={TRIGGER} onClose={() => {}} />
    </QueryClientProvider>,
  )
  fireEvent.change(screen.getByLabelText('From'), { target: { value: '2019-01-01T00:00' } })
  await settle()
  expect(screen.getByRole('status').textContent).toContain('no time in this range')
  expect(button().textContent).toBe('Start runs')
  expect(button().disabled).toBe(true)
})
