import { ActionIcon, NumberInput } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { words } from '~/i18n'
import classes from './ItemTrail.module.css'

const t = words.runs.items

interface ItemPagerProps {
  index: number
  total: number
  onIndex: (index: number) => void
}

/** Which item of a loop is shown, and to its neighbours. */
export function ItemPager({ index, total, onIndex }: ItemPagerProps) {
  return (
    <span className={classes.pager}>
      <ActionIcon size={24} aria-label={t.previous} disabled={index === 0} onClick={() => onIndex(index - 1)}>
        <IconChevronLeft size={15} />
      </ActionIcon>
      <NumberInput
        aria-label={t.index}
        size="xs"
        w={64}
        hideControls
        min={0}
        max={total - 1}
        allowDecimal={false}
        value={index}
        onChange={(next) => typeof next === 'number' && next >= 0 && next < total && onIndex(next)}
      />
      <ActionIcon
        size={24}
        aria-label={t.next}
        disabled={index >= total - 1}
        onClick={() => onIndex(index + 1)}
      >
        <IconChevronRight size={15} />
      </ActionIcon>
    </span>
  )
}
