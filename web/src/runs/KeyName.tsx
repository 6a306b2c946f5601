import { Menu, UnstyledButton } from '@mantine/core'
import { useState } from 'react'
import { carry } from '~/forms/dragging'
import { words } from '~/i18n'
import { InsertItems } from './InsertItems'
import classes from './JsonPreview.module.css'
import { useNaming } from './naming'

interface KeyNameProps {
  name: string
  /** How an expression names it; null where none can. */
  path: string | null
}

/** The key of a value: drag it onto a field, or choose the field from its menu. */
export function KeyName({ name, path }: KeyNameProps) {
  const naming = useNaming()
  const [opened, setOpened] = useState(false)
  if (!naming || path === null) return <span className={classes.key}>{name}</span>
  return (
    <Menu opened={opened} onChange={setOpened} position="bottom-start" width={260}>
      <Menu.Target>
        <UnstyledButton
          className={`${classes.key} ${classes.grab}`}
          draggable={naming.insert}
          aria-label={words.editor.form.insertInto(path)}
          onDragStart={(event) => carry(event.dataTransfer, { kind: 'path', name: path })}
          onClick={(event) => {
            event.stopPropagation()
            setOpened(true)
          }}
        >
          {name}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {opened ? <InsertItems carried={{ kind: 'path', name: path }} insert={naming.insert} /> : null}
      </Menu.Dropdown>
    </Menu>
  )
}
