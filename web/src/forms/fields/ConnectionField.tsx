import { Select } from '@mantine/core'
import { IconPlugConnected } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { connectionsQuery } from '~/api/connections'
import { words } from '~/i18n'
import { useForm } from '../context'
import classes from '../forms.module.css'
import { asText, type ControlProps } from './control'

/** A connection by name; one that does not exist stays visible, so that nothing is lost silently. */
export function ConnectionField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  const connections = useQuery(connectionsQuery())
  const wanted = field.schema['x-connection']
  const types: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted]
  const fitting = (connections.data ?? []).filter((item) => wanted === undefined || types.includes(item.type))
  const name = asText(value)
  const known = fitting.some((item) => item.name === name)
  const data = fitting.map((item) => ({ value: item.name, label: `${item.name} (${item.type})` }))
  if (name !== '' && !known) data.push({ value: name, label: words.editor.form.missingConnection(name) })
  return (
    <>
      <Select
        id={ids.control}
        data={data}
        value={name === '' ? null : name}
        placeholder={fitting.length === 0 ? words.editor.form.noConnections : words.editor.form.choose}
        leftSection={<IconPlugConnected size={14} stroke={1.8} aria-hidden />}
        clearable={name !== ''}
        clearButtonProps={{ 'aria-label': words.editor.form.clear }}
        readOnly={readOnly}
        aria-describedby={describedBy}
        error={invalid}
        onChange={(next) => onChange(next ?? undefined)}
      />
      {connections.error ? <div className={classes.problem}>{connections.error.message}</div> : null}
      {connections.data && fitting.length === 0 ? (
        <div className={classes.help}>
          <Link to="/connections">{words.editor.form.addConnection}</Link>
        </div>
      ) : null}
    </>
  )
}
