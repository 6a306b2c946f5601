import { SegmentedControl } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { words } from '~/i18n'

const t = words.settings
export type View = keyof typeof t.views

/** The pages of the settings; tokens have an address of their own. */
export function SettingsViews({ view }: { view: View }) {
  const navigate = useNavigate()
  const go = (wanted: string) =>
    wanted === 'tokens'
      ? navigate({ to: '/settings/tokens' })
      : navigate({
          to: '/settings',
          search: wanted === 'operations' || wanted === 'audit' ? { view: wanted } : {},
        })
  return (
    <SegmentedControl
      aria-label={t.view}
      value={view}
      onChange={(wanted) => void go(wanted)}
      data={Object.entries(t.views).map(([value, label]) => ({ value, label }))}
    />
  )
}
