import { Button, Group, Modal, Pill, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconPlugConnected } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  connectionTypesQuery,
  useCreateConnection,
  useReplaceConnection,
  useTestEntered,
} from '~/api/connections'
import { ApiError } from '~/api/problem'
import type { Connection, ConnectionType } from '~/api/types'
import { SchemaForm } from '~/forms/SchemaForm'
import { words } from '~/i18n'
import type { JsonObject } from '~/model/json'
import { ErrorNote } from '~/ui/ErrorNote'
import classes from './connections.module.css'
import { initialValues, keptOf, schemaFor, valuesOf } from './draft'
import { OwnFields } from './OwnFields'
import { TestResult } from './TestResult'

const t = words.connections
const OWN = ''

interface ConnectionDialogProps {
  opened: boolean
  /** The connection to change; null makes a new one. */
  stored: Connection | null
  /** Of a new one: what it begins as. */
  type?: string
  /** Told the name of what was stored. */
  onSaved?: (name: string) => void
  onClose: () => void
}

/** A connection as a form of its type, with a test of what is entered. */
export function ConnectionDialog({ opened, stored, onClose, ...more }: ConnectionDialogProps) {
  const types = useQuery(connectionTypesQuery())
  return (
    <Modal opened={opened} onClose={onClose} title={stored ? t.editTitle(stored.name) : t.newTitle} size="lg">
      {types.error ? <ErrorNote title={t.typesFailed} error={types.error} /> : null}
      {types.data ? (
        <Form key={stored?.name ?? ''} types={types.data} stored={stored} onClose={onClose} {...more} />
      ) : null}
    </Modal>
  )
}

interface FormProps extends Omit<ConnectionDialogProps, 'opened'> {
  types: readonly ConnectionType[]
}

function Form({ types, stored, type: wanted = 'http', onSaved, onClose }: FormProps) {
  const create = useCreateConnection()
  const replace = useReplaceConnection(stored?.name ?? '')
  const test = useTestEntered()
  const [name, setName] = useState(stored?.name ?? '')
  const known = (id: string) => types.find((item) => item.id === id)
  const [picked, setPicked] = useState(stored ? (known(stored.type)?.id ?? OWN) : (known(wanted)?.id ?? OWN))
  const [ownType, setOwnType] = useState(() => {
    const own = stored?.type ?? wanted
    return known(own) ? '' : own
  })
  const [values, setValues] = useState<JsonObject>(() => initialValues(known(picked), stored))
  const [kept, setKept] = useState<readonly string[]>(
    stored?.fields.filter((field) => field !== 'auth') ?? [],
  )
  const type = known(picked)
  const save = stored ? replace : create
  const error = save.error ?? test.error
  const problems = error instanceof ApiError ? error.problems : []
  const pick = (next: string) => {
    setPicked(next)
    setValues(initialValues(known(next), stored))
    setKept(stored && next === stored.type ? stored.fields.filter((field) => field !== 'auth') : [])
    forget()
  }
  const forget = () => {
    save.reset()
    test.reset()
  }
  const body = {
    type: type?.id ?? ownType.trim(),
    values: valuesOf(type, values),
    keep: keptOf(type, kept, values),
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // The dialog may stand in a form of the page.
    event.stopPropagation()
    test.reset()
    const onSuccess = () => {
      onSaved?.(name.trim())
      onClose()
    }
    const options = { onSuccess }
    if (stored) replace.mutate(body, options)
    else create.mutate({ name: name.trim(), type: body.type, values: body.values }, options)
  }
  const incomplete = name.trim() === '' || body.type === ''

  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack gap="sm">
        <TextInput
          label={t.nameField}
          description={t.nameHelp}
          required
          data-autofocus={stored ? undefined : true}
          disabled={stored !== null}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label={t.typeField}
          description={type ? type.description : t.ownTypeHelp}
          required
          searchable
          allowDeselect={false}
          maxDropdownHeight={320}
          data={[
            ...types.map((item) => ({ value: item.id, label: item.title })),
            { value: OWN, label: t.ownType },
          ]}
          value={picked}
          onChange={(next) => pick(next ?? OWN)}
        />
        {type ? (
          <SchemaForm
            key={type.id}
            schema={schemaFor(type, kept, t.storedHint)}
            value={values}
            onChange={(next) => {
              setValues(next)
              forget()
            }}
            problems={problems}
            pointerPrefix="/values"
            expressions={false}
          />
        ) : (
          <>
            <TextInput
              label={t.ownTypeField}
              required
              classNames={{ input: 'cm-mono' }}
              value={ownType}
              onChange={(event) => setOwnType(event.currentTarget.value)}
            />
            <OwnFields onChange={setValues} />
          </>
        )}
        {body.keep.length > 0 ? (
          <div>
            <Text size="xs" c="dimmed" mb={4}>
              {t.storedFields}
            </Text>
            <Pill.Group>
              {body.keep.map((field) => (
                <Pill
                  key={field}
                  withRemoveButton
                  removeButtonProps={{
                    'aria-label': t.forgetField(field),
                    'aria-hidden': false,
                    tabIndex: 0,
                  }}
                  onRemove={() => setKept(kept.filter((item) => item !== field))}
                >
                  {field}
                </Pill>
              ))}
            </Pill.Group>
          </div>
        ) : null}
        <div className={classes.foot}>
          {test.data ? <TestResult outcome={test.data} /> : null}
          {save.error ? <ErrorNote title={t.saveFailed} error={save.error} /> : null}
          {test.error ? <ErrorNote title={t.testFailed} error={test.error} /> : null}
          <Group justify="space-between">
            {type?.testable === false || !type ? (
              <span />
            ) : (
              <Button
                variant="default"
                leftSection={<IconPlugConnected size={15} aria-hidden />}
                loading={test.isPending}
                onClick={() => test.mutate({ ...body, name: stored?.name ?? null })}
              >
                {t.test}
              </Button>
            )}
            <Group gap="xs">
              <Button variant="default" onClick={onClose}>
                {words.shell.cancel}
              </Button>
              <Button type="submit" loading={save.isPending} disabled={incomplete}>
                {stored ? t.saveChanges : t.save}
              </Button>
            </Group>
          </Group>
        </div>
      </Stack>
    </form>
  )
}
