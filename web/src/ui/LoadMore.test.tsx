import { fireEvent, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { render } from '~/testing/render'
import { LoadMore } from './LoadMore'

/** Everything that is watched comes into view at once. */
class AtOnce {
  constructor(private readonly told: IntersectionObserverCallback) {}
  observe(): void {
    const entry = { isIntersecting: true } as IntersectionObserverEntry
    this.told([entry], this as unknown as IntersectionObserver)
  }
  disconnect(): void {}
}

beforeEach(() => {
  vi.stubGlobal('IntersectionObserver', AtOnce)
})
afterEach(() => {
  vi.unstubAllGlobals()
})

const props = { label: 'Load more', more: true, loading: false, end: 'That is all' }

describe('LoadMore', () => {
  it('loads by itself when it comes into view', () => {
    const more = vi.fn()
    render(<LoadMore {...props} onMore={more} />)
    expect(more).toHaveBeenCalledOnce()
  })

  it('says how far was searched, and goes on only when asked', () => {
    const more = vi.fn()
    render(<LoadMore {...props} label="Go on" onMore={more} pause="Searched until yesterday." />)
    expect(screen.getByRole('status').textContent).toBe('Searched until yesterday.')
    expect(more).not.toHaveBeenCalled()
    fireEvent.click(screen.getByRole('button', { name: 'Go on' }))
    expect(more).toHaveBeenCalledOnce()
  })

  it('says why the next page did not come, and asks for it again only when told', () => {
    const more = vi.fn()
    const error = { title: 'Not loaded', cause: new Error('No connection') }
    render(<LoadMore {...props} onMore={more} error={error} />)
    expect(screen.getByRole('alert').textContent).toContain('No connection')
    expect(more).not.toHaveBeenCalled()
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(more).toHaveBeenCalledOnce()
  })

  it('ends where there is nothing more', () => {
    const more = vi.fn()
    render(<LoadMore {...props} more={false} onMore={more} />)
    expect(screen.getByText('That is all')).toBeTruthy()
    expect(more).not.toHaveBeenCalled()
  })
})
