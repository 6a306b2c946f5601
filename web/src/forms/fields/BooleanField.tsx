import { Switch } from '@mantine/core'
import { words } from '~/i18n'
import { useForm } from '../context'
import type { ControlProps } from './control'

export function BooleanField({ field, value, onChange, ids, describedBy }: ControlProps) {
  const { readOnly } = useForm()
  const on = typeof value === 'boolean' ? value : field.fallback === true
  return (
    <Switch
      id={ids.control}
      checked={on}
      disabled={readOnly}
      aria-describedby={describedBy}
      onLabel={words.editor.form.on}
      offLabel={words.editor.form.off}
      size="sm"
      onChange={(event) => {
        const next = event.currentTarget.checked
        // What equals the default is not written down, unless it was before.
        onChange(value === undefined && next === (field.fallback === true) ? undefined : next)
      }}
    />
  )
}
