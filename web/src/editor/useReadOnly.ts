import { useMediaQuery } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { meQuery } from '~/api/access'
import { words } from '~/i18n'
import { setReadOnly } from './actions/readOnly'
import { useDispatch } from './store'

/** Narrower than this there is no room to draw. */
const PHONE = '(max-width: 40em)'
const MAY_EDIT: readonly string[] = ['editor', 'admin']

/** Whoever may not change workflows, and whoever has a phone in hand, looks at them. */
export function useReadOnly(): void {
  const dispatch = useDispatch()
  const role = useQuery(meQuery()).data?.role
  const phone = useMediaQuery(PHONE, false, { getInitialValueInEffect: false })
  const reason =
    role !== undefined && !MAY_EDIT.includes(role)
      ? words.canvas.readOnly.role(role)
      : phone
        ? words.canvas.readOnly.phone
        : null
  useEffect(() => dispatch(setReadOnly, reason), [dispatch, reason])
}
