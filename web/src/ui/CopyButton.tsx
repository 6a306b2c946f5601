import { ActionIcon, Tooltip } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { words } from '~/i18n'

export function CopyButton({ text, label = words.runs.copy }: { text: string; label?: string }) {
  const clipboard = useClipboard({ timeout: 1500 })
  const shown = clipboard.copied ? words.runs.copied : label
  return (
    <Tooltip label={shown}>
      <ActionIcon size={22} aria-label={shown} onClick={() => clipboard.copy(text)}>
        {clipboard.copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
      </ActionIcon>
    </Tooltip>
  )
}
