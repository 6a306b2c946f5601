import { ActionIcon, Popover, Tooltip, UnstyledButton } from '@mantine/core'
import { IconFilterPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import type { Column } from '~/api/types'
import { words } from '~/i18n'
import { type Condition, conditionText, MOST_CONDITIONS } from './conditions'
import { conditionWords } from './conditionWords'
import classes from './FilterBar.module.css'
import { FilterForm } from './FilterForm'

const t = words.previews

interface AddFilterProps {
  columns: readonly Column[]
  count: number
  onAdd: (condition: Condition) => void
}

/** A button with the form of a new condition. */
export function AddFilter({ columns, count, onAdd }: AddFilterProps) {
  const [opened, setOpened] = useState(false)
  const full = count >= MOST_CONDITIONS
  const label = full ? t.filterMost(MOST_CONDITIONS) : t.addFilter
  return (
    <Popover opened={opened} onChange={setOpened} width={260} position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Tooltip label={label} disabled={opened}>
          <ActionIcon
            size={26}
            aria-label={label}
            disabled={full || columns.length === 0}
            onClick={() => setOpened((now) => !now)}
          >
            <IconFilterPlus size={16} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p={12} aria-label={t.addFilter}>
        <FilterForm
          columns={columns}
          onApply={(condition) => {
            setOpened(false)
            onAdd(condition)
          }}
        />
      </Popover.Dropdown>
    </Popover>
  )
}

interface FilterBarProps {
  columns: readonly Column[]
  conditions: readonly Condition[]
  onChange: (before: Condition, after: Condition | null) => void
  onClear: () => void
}

/** The conditions that rows have to meet, each to be changed or taken away. */
export function FilterBar({ columns, conditions, onChange, onClear }: FilterBarProps) {
  if (conditions.length === 0) return null
  return (
    <ul className={classes.bar} aria-label={t.filters}>
      {conditions.map((condition) => (
        <li key={conditionText(condition)} className={classes.chip}>
          <Chip columns={columns} condition={condition} onChange={(next) => onChange(condition, next)} />
        </li>
      ))}
      {conditions.length > 1 ? (
        <li>
          <UnstyledButton className={classes.clear} onClick={onClear}>
            {t.removeFilters}
          </UnstyledButton>
        </li>
      ) : null}
    </ul>
  )
}

interface ChipProps {
  columns: readonly Column[]
  condition: Condition
  onChange: (next: Condition | null) => void
}

function Chip({ columns, condition, onChange }: ChipProps) {
  const [opened, setOpened] = useState(false)
  const text = conditionWords(condition, columns)
  const own = columns.filter(({ name }) => name === condition.column)
  return (
    <>
      <Popover opened={opened} onChange={setOpened} width={260} position="bottom-start" trapFocus returnFocus>
        <Popover.Target>
          <UnstyledButton
            className={classes.text}
            title={text}
            aria-label={t.filterEdit(text)}
            onClick={() => setOpened((now) => !now)}
          >
            {text}
          </UnstyledButton>
        </Popover.Target>
        <Popover.Dropdown p={12} aria-label={t.filterEdit(text)}>
          <FilterForm
            columns={own}
            condition={condition}
            onApply={(next) => {
              setOpened(false)
              onChange(next)
            }}
          />
        </Popover.Dropdown>
      </Popover>
      <ActionIcon size={20} aria-label={t.filterRemove(text)} onClick={() => onChange(null)}>
        <IconX size={12} />
      </ActionIcon>
    </>
  )
}
