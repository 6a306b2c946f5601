import { UnstyledButton } from '@mantine/core'
import type { Approval } from '~/api/types'
import { ApprovalBadge } from '~/approvals/ApprovalBadge'
import classes from '~/approvals/approvals.module.css'
import { words } from '~/i18n'
import type { ListColumn } from '~/ui/ListTable'
import { Time } from '~/ui/Time'

const t = words.approvals

/** With a question open beside the list there is room for what tells most. */
export function approvalColumns(
  onOpen: (approval: Approval) => void,
  narrow: boolean,
): ListColumn<Approval>[] {
  const question: ListColumn<Approval> = {
    key: 'question',
    head: t.question,
    cell: (item) => (
      <UnstyledButton data-main className={classes.question} onClick={() => onOpen(item)}>
        {item.title}
      </UnstyledButton>
    ),
  }
  const state: ListColumn<Approval> = {
    key: 'state',
    head: t.state,
    width: 130,
    cell: (item) => <ApprovalBadge status={item.status} />,
  }
  const workflow: ListColumn<Approval> = {
    key: 'workflow',
    head: t.workflow,
    width: 200,
    cell: (item) => item.workflow,
  }
  const asked: ListColumn<Approval> = {
    key: 'asked',
    head: t.asked,
    width: 130,
    cell: (item) => <Time at={item.created_at} />,
  }
  if (narrow) return [state, question, asked]
  return [
    state,
    question,
    workflow,
    {
      key: 'askedOf',
      head: t.askedOf,
      width: 180,
      cell: (item) => <span className={classes.muted}>{item.assignees.join(', ') || t.anybody}</span>,
    },
    asked,
    { key: 'due', head: t.due, width: 130, cell: (item) => <Due item={item} /> },
    { key: 'answered', head: t.answered, width: 220, cell: (item) => <Answered item={item} /> },
  ]
}

function Due({ item }: { item: Approval }) {
  return item.status === 'open' ? <Time at={item.due_at} /> : null
}

function Answered({ item }: { item: Approval }) {
  if (!item.decided_at) return null
  return (
    <>
      <Time at={item.decided_at} />{' '}
      <span className={classes.muted}>
        {item.decided_by && item.status !== 'expired' ? t.answeredBy(item.decided_by) : ''}
      </span>
    </>
  )
}
