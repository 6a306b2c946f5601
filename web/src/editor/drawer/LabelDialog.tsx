import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useLabelVersion } from '~/api/drafts'
import type { VersionLine } from '~/api/types'
import { words } from '~/i18n'

const t = words.versions

/** Name a version, so that it is found again. */
export function LabelDialog({ name, line, onClose }: { name: string; line: VersionLine; onClose(): void }) {
  const [label, setLabel] = useState(line.label ?? '')
  const change = useLabelVersion(name)
  const submit = () =>
    change.mutate({ version: line.version, label: label.trim() || null }, { onSuccess: onClose })
  return (
    <Modal opened onClose={onClose} title={t.nameTitle(line.version)} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Stack gap="md">
          <TextInput
            label={t.label}
            value={label}
            onChange={(event) => setLabel(event.currentTarget.value)}
            error={change.error?.message}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button type="submit" loading={change.isPending}>
              {t.setName}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
