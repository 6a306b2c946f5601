import { ActionIcon, Button, Group, Select, Tooltip } from '@mantine/core'
import { IconPlugConnected, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { connectionsQuery } from '~/api/connections'
import { TestCell } from '~/connections/TestCell'
import { words } from '~/i18n'
import { useForm } from '../context'
import { FieldNote } from '../FieldNote'
import classes from '../forms.module.css'
import { asText, type ControlProps } from './control'

const t = words.editor.form
// The dialog has a form in it, which has these fields.
const ConnectionDialog = lazy(async () => ({
  default: (await import('~/connections/ConnectionDialog')).ConnectionDialog,
}))

/** A connection by name, a new one, a test; one that does not exist stays visible, so nothing is lost silently. */
export function ConnectionField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  const [making, setMaking] = useState(false)
  const connections = useQuery(connectionsQuery())
  const wanted = field.schema['x-connection']
  const types: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted]
  const fitting = (connections.data ?? []).filter((item) => wanted === undefined || types.includes(item.type))
  const name = asText(value)
  const known = fitting.some((item) => item.name === name)
  const data = fitting.map((item) => ({ value: item.name, label: `${item.name} (${item.type})` }))
  if (name !== '' && !known) data.push({ value: name, label: t.missingConnection(name) })
  const type = types.find((one) => typeof one === 'string')
  return (
    <>
      <div className={classes.row}>
        <Select
          id={ids.control}
          className={classes.grow}
          data={data}
          value={name === '' ? null : name}
          placeholder={fitting.length === 0 ? t.noConnections : t.choose}
          leftSection={<IconPlugConnected size={14} stroke={1.8} aria-hidden />}
          clearable={name !== ''}
          clearButtonProps={{ 'aria-label': t.clear }}
          readOnly={readOnly}
          aria-describedby={describedBy}
          error={invalid}
          onChange={(next) => onChange(next ?? undefined)}
        />
        {readOnly ? null : (
          <Tooltip label={t.newConnection}>
            <ActionIcon size={30} aria-label={t.newConnection} onClick={() => setMaking(true)}>
              <IconPlus size={15} stroke={1.8} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      {connections.error ? <FieldNote tone="error">{connections.error.message}</FieldNote> : null}
      {known ? (
        <Group>
          <TestCell key={name} name={name} />
        </Group>
      ) : connections.data && fitting.length === 0 && !readOnly ? (
        <Group>
          <Button variant="subtle" size="compact-sm" onClick={() => setMaking(true)}>
            {t.addConnection}
          </Button>
        </Group>
      ) : null}
      {making ? (
        <Suspense fallback={null}>
          <ConnectionDialog
            opened
            stored={null}
            type={typeof type === 'string' ? type : undefined}
            onSaved={(made) => onChange(made)}
            onClose={() => setMaking(false)}
          />
        </Suspense>
      ) : null}
    </>
  )
}
