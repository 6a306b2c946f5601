import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { type FormEvent, useId, useState } from 'react'
import { usePutPin } from '~/api/pins'
import { CodeEditor } from '~/forms/CodeEditor'
import { words } from '~/i18n'
import { openBody } from '~/model/bodies'
import type { Json } from '~/model/json'
import { findType } from '~/model/nodeType'
import { outletsOf } from '~/model/ports'
import { ErrorNote } from '~/ui/ErrorNote'
import { useEditor, useEditorHandle } from '../store'
import { titleAt } from './togglePin'
import { usePins } from './usePins'

const t = words.pins.value

/** The value, or why the text is none. */
export function readValue(text: string): { value: Json } | { reason: string } {
  if (text.trim() === '') return { reason: t.empty }
  try {
    return { value: JSON.parse(text) as Json }
  } catch (error) {
    return { reason: words.editor.form.notJson(error instanceof Error ? error.message : String(error)) }
  }
}

/** Type what a node would give. */
export function PinValueDialog({ place }: { place: string }) {
  const { trial } = useEditorHandle()
  const root = useEditor((state) => state.root)
  const types = useEditor((state) => state.types)
  const known = usePins().pins.find(({ node }) => node === place)
  const path = place.split('/')
  const node = openBody(root, path.slice(0, -1)).nodes[path.at(-1) ?? '']
  const type = node ? findType(types, node.type) : null
  const outlets = type ? outletsOf(type, node?.config).map(({ name }) => name) : ['out']
  const [outlet, setOutlet] = useState(known?.outlet ?? outlets[0] ?? 'out')
  const [text, setText] = useState(() =>
    known?.summary.kind === 'json' && 'value' in known.summary
      ? JSON.stringify(known.summary.value, null, 2)
      : '',
  )
  const [tried, setTried] = useState(false)
  const put = usePutPin(root.name)
  const ids = { label: useId(), help: useId() }
  const read = readValue(text)
  const wrong = 'reason' in read && (tried || text.trim() !== '') ? read.reason : null
  const close = () => trial.setState({ typing: null })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if ('value' in read) put.mutate({ node: place, outlet, value: read.value }, { onSuccess: close })
  }
  return (
    <Modal opened onClose={close} title={t.title(titleAt(root, place))} size="lg">
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          {outlets.length > 1 ? (
            <Select
              label={t.outlet}
              description={t.outletHelp}
              data={outlets}
              value={outlet}
              allowDeselect={false}
              onChange={(next) => setOutlet(next ?? outlet)}
            />
          ) : null}
          <div>
            <Text id={ids.label} size="sm" fw={500}>
              {t.label}
            </Text>
            <Text id={ids.help} size="xs" c="dimmed" mb={6}>
              {t.help}
            </Text>
            <CodeEditor
              language="json"
              value={text}
              placeholder={words.editor.form.jsonExample}
              labelledBy={ids.label}
              describedBy={ids.help}
              invalid={wrong !== null}
              lines={[6, 20]}
              onChange={setText}
            />
            {wrong ? (
              <Text size="xs" c="var(--cm-status-failed)" mt={6} role="alert">
                {wrong}
              </Text>
            ) : null}
          </div>
          {put.error ? <ErrorNote title={t.failed} error={put.error} /> : null}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {words.shell.cancel}
            </Button>
            <Button type="submit" loading={put.isPending}>
              {t.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
