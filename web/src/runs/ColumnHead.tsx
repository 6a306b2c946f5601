import { Button, Group, Popover, Stack, Text, UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useState } from 'react'
import type { OutputRequest } from '~/api/executions'
import type { Column } from '~/api/types'
import { carry, targetsFor } from '~/forms/dragging'
import { words } from '~/i18n'
import { ColumnFacts } from './ColumnFacts'
import classes from './ColumnHead.module.css'
import { isNumeric } from './columnWidths'
import { useNaming } from './naming'

const t = words.runs

interface ColumnHeadProps {
  source: OutputRequest
  column: Column
  sort: string | undefined
  onSort: (sort: string | undefined) => void
}

/** Name and type of a column; a click shows what is in it, and sorts. */
export function ColumnHead({ source, column, sort, onSort }: ColumnHeadProps) {
  const [opened, setOpened] = useState(false)
  const naming = useNaming()
  const { name, type } = column
  const direction = sort === name ? 'ascending' : sort === `-${name}` ? 'descending' : 'none'
  const Arrow = direction === 'ascending' ? IconArrowUp : IconArrowDown
  const choose = (next: string) => {
    setOpened(false)
    onSort(sort === next ? undefined : next)
  }
  return (
    <span
      role="columnheader"
      aria-sort={direction}
      className={classes.head}
      data-numeric={isNumeric(type) || undefined}
    >
      <Popover opened={opened} onChange={setOpened} width={280} position="bottom-start" trapFocus returnFocus>
        <Popover.Target>
          <UnstyledButton
            className={classes.button}
            draggable={naming?.insert ?? false}
            onDragStart={(event) => carry(event.dataTransfer, { kind: 'column', name })}
            onClick={() => setOpened((now) => !now)}
            title={t.aboutColumn(name)}
          >
            <span className={classes.name}>{name}</span>
            <span className={classes.type}>{type.toLowerCase()}</span>
            {direction === 'none' ? null : <Arrow size={12} aria-hidden />}
          </UnstyledButton>
        </Popover.Target>
        <Popover.Dropdown p={12} aria-label={t.aboutColumn(name)}>
          <ColumnFacts source={source} column={column} />
          <Button.Group mt={12}>
            <Button
              size="compact-sm"
              variant={direction === 'ascending' ? 'light' : 'default'}
              leftSection={<IconArrowUp size={14} aria-hidden />}
              aria-pressed={direction === 'ascending'}
              onClick={() => choose(name)}
            >
              {t.sortUp}
            </Button>
            <Button
              size="compact-sm"
              variant={direction === 'descending' ? 'light' : 'default'}
              leftSection={<IconArrowDown size={14} aria-hidden />}
              aria-pressed={direction === 'descending'}
              onClick={() => choose(`-${name}`)}
            >
              {t.sortDown}
            </Button>
          </Button.Group>
          {naming?.insert ? <InsertColumn name={name} onDone={() => setOpened(false)} /> : null}
        </Popover.Dropdown>
      </Popover>
    </span>
  )
}

/** The way of the keyboard for what dragging does: the fields that take a column, to choose from. */
function InsertColumn({ name, onDone }: { name: string; onDone: () => void }) {
  const [targets] = useState(() => targetsFor('column'))
  return (
    <Stack gap={4} mt={12}>
      <Text size="xs" c="dimmed">
        {targets.length > 0 ? words.editor.form.insertTitle : words.editor.form.noTargets}
      </Text>
      <Group gap={4}>
        {targets.map((target, index) => (
          <Button
            // biome-ignore lint/suspicious/noArrayIndexKey: fields may have one label.
            key={index}
            size="compact-xs"
            variant="default"
            onClick={() => {
              target.insert({ kind: 'column', name })
              onDone()
            }}
          >
            {target.label}
          </Button>
        ))}
      </Group>
    </Stack>
  )
}
