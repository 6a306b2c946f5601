import { MantineProvider } from '@mantine/core'
import { render as renderPlain } from '@testing-library/react'
import type { ReactNode } from 'react'
import { theme } from '~/ui/theme'

/** Render inside the theme, without transitions. */
export function render(children: ReactNode) {
  return renderPlain(
    <MantineProvider theme={theme} env="test">
      {children}
    </MantineProvider>,
  )
}
