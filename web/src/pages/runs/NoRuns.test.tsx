import { fireEvent, screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { render } from '~/testing/render'
import { NoRuns } from './NoRuns'

it('does not say that nothing matches while older runs were not looked at', () => {
  const goOn = vi.fn()
  const props = { searching: false, onGoOn: goOn, onClear: () => undefined }
  const { unmount } = render(<NoRuns {...props} search={{ error: '503' }} searchedUntil="Mar 1, 2026" />)
  expect(screen.getByText(/since Mar 1, 2026/)).toBeTruthy()
  expect(screen.queryByText('No run matches these filters')).toBeNull()
  fireEvent.click(screen.getByRole('button', { name: 'Go on searching' }))
  expect(goOn).toHaveBeenCalledOnce()
  unmount()
  render(<NoRuns {...props} search={{ error: '503' }} searchedUntil={null} />)
  expect(screen.getByText('No run matches these filters')).toBeTruthy()
})
