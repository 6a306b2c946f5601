import { Button, Divider, Group, Popover, Stack, Text, UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconFilter } from '@tabler/icons-react'
import { type KeyboardEvent, useMemo, useRef, useState } from 'react'
import type { OutputRequest } from '~/api/outputs'
import type { Column } from '~/api/types'
import { carry, targetsFor } from '~/forms/dragging'
import { words } from '~/i18n'
import { ColumnFacts } from './ColumnFacts'
import classes from './ColumnHead.module.css'
import { isNumeric } from './columnWidths'
import { useNaming } from './naming'
import { type Condition, isAbout } from './table/conditions'
import { FilterForm } from './table/FilterForm'

const t = words.runs
const STEP = 24

interface ColumnHeadProps {
  /** With the order and the conditions. */
  source: OutputRequest
  column: Column
  place: number
  width: number
  /** Null: what fits. */
  onResize: (column: string, width: number | null) => void
  onSort: (sort: string | undefined) => void
  onFilter: (condition: Condition) => void
}

/** Name and type of a column; a click shows what is in it, sorts and filters. */
export function ColumnHead({ source, column, place, width, onResize, onSort, onFilter }: ColumnHeadProps) {
  const [opened, setOpened] = useState(false)
  const naming = useNaming()
  const { name, type } = column
  const { sort, where = [] } = source
  const own = useMemo(() => [column], [column])
  const direction = sort === name ? 'ascending' : sort === `-${name}` ? 'descending' : 'none'
  const Arrow = direction === 'ascending' ? IconArrowUp : IconArrowDown
  const choose = (next: string) => {
    setOpened(false)
    onSort(sort === next ? undefined : next)
  }
  const filter = (condition: Condition) => {
    setOpened(false)
    onFilter(condition)
  }
  const keys = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowLeft' ? -STEP : event.key === 'ArrowRight' ? STEP : 0
    if (!event.altKey || step === 0) return
    event.preventDefault()
    onResize(name, width + step)
  }
  return (
    <span
      role="columnheader"
      aria-sort={direction}
      aria-colindex={place + 2}
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
            onKeyDown={keys}
            title={t.aboutColumn(name)}
            aria-description={words.previews.resizeHint}
          >
            <span className={classes.name}>{name}</span>
            <span className={classes.type}>{type.toLowerCase()}</span>
            {isAbout(where, name) ? <IconFilter size={12} aria-hidden className={classes.mark} /> : null}
            {direction === 'none' ? null : <Arrow size={12} aria-hidden className={classes.mark} />}
          </UnstyledButton>
        </Popover.Target>
        <Popover.Dropdown p={12} aria-label={t.aboutColumn(name)} className={classes.dropdown}>
          <ColumnFacts source={source} column={column} onFilter={filter} />
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
          <Divider my={12} />
          <FilterForm columns={own} onApply={filter} />
          {naming?.insert ? <InsertColumn name={name} onDone={() => setOpened(false)} /> : null}
        </Popover.Dropdown>
      </Popover>
      <Grip width={width} onResize={(next) => onResize(name, next)} />
    </span>
  )
}

/** The edge of a column: dragged it sets the width, a double click makes it fit again. */
function Grip({ width, onResize }: { width: number; onResize: (width: number | null) => void }) {
  const from = useRef<{ at: number; width: number } | null>(null)
  return (
    <span
      aria-hidden
      className={classes.grip}
      onPointerDown={(event) => {
        // What is shown may be wider than what was asked for.
        const shown = event.currentTarget.parentElement?.offsetWidth ?? width
        from.current = { at: event.clientX, width: shown }
        event.currentTarget.setPointerCapture(event.pointerId)
        event.preventDefault()
      }}
      onPointerMove={(event) => {
        if (from.current) onResize(from.current.width + event.clientX - from.current.at)
      }}
      onPointerUp={() => {
        from.current = null
      }}
      onDoubleClick={() => onResize(null)}
    />
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
