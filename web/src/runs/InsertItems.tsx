import { Menu } from '@mantine/core'
import { IconArrowRight, IconCopy } from '@tabler/icons-react'
import { type Carried, expressionOf, targetsFor } from '~/forms/dragging'
import { words } from '~/i18n'

const t = words.editor.form

interface InsertItemsProps {
  carried: Carried
  insert: boolean
}

/** What can be done with a name: into a field of the form beside it, or to the clipboard. Of an open menu. */
export function InsertItems({ carried, insert }: InsertItemsProps) {
  const targets = insert ? targetsFor(carried.kind) : []
  const text = carried.kind === 'path' ? expressionOf(carried.name) : carried.name
  return (
    <>
      <Menu.Item
        leftSection={<IconCopy size={14} stroke={1.8} />}
        onClick={() => void navigator.clipboard?.writeText(text)}
      >
        {t.copyPath} <code>{carried.name}</code>
      </Menu.Item>
      {insert ? (
        <>
          <Menu.Divider />
          <Menu.Label>{targets.length > 0 ? t.insertTitle : t.noTargets}</Menu.Label>
          {targets.map((target, index) => (
            <Menu.Item
              // biome-ignore lint/suspicious/noArrayIndexKey: fields may have one label.
              key={index}
              leftSection={<IconArrowRight size={14} stroke={1.8} />}
              onClick={() => target.insert(carried)}
            >
              {target.label}
            </Menu.Item>
          ))}
        </>
      ) : null}
    </>
  )
}
