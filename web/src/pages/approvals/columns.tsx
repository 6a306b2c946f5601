import { UnstyledButton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Approval } from '~/api/types'
import { ApprovalBadge } from '~/approvals/ApprovalBadge'
import classes from '~/approvals/approvals.module.css'
import { words } from '~/i18n'
import { shortId } from '~/ui/format'
import type { ListColumn } from '~/ui/ListTable'
import { Time } from '~/ui/Time'

const t = words.approvals

/** With a question open beside the list there is room for what tells most; nobody has answered one that is open. */
export function approvalColumns(
  onOpen: (approval: Approval) => void,
  { narrow, unanswered }: { narrow: boolean; unanswered: boolean },
): ListColumn<Approval>[] {
  const question: ListColumn<Approval> = {
    key: 'question',
    head: t.question,
    cell: (item) => (
      <UnstyledButton data-main className={classes.question} title={item.title} onClick={() => onOpen(item)}>
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
    width: 190,
    cell: (item) => (
      <Link to="/runs/$id" params={{ id: item.execution }} title={t.openRun}>
        {item.workflow} <code className={classes.muted}>{shortId(item.execution)}</code>
      </Link>
    ),
  }
  const asked: ListColumn<Approval> = {
    key: 'asked',
    head: t.asked,
    width: 130,
    cell: (item) => <Time at={item.created_at} />,
  }
  const due: ListColumn<Approval> = {
    key: 'due',
    head: t.due,
    width: 120,
    cell: (item) => <Due item={item} />,
  }
  const answered: ListColumn<Approval> = {
    key: 'answered',
    head: t.answered,
    width: 190,
    cell: (item) => <Answered item={item} />,
  }
  if (narrow) return [{ ...state, width: 110 }, question, { ...workflow, width: 180 }, due]
  return [
    state,
    question,
    workflow,
    {
      key: 'askedOf',
      head: t.askedOf,
      width: 140,
      cell: (item) => <span className={classes.muted}>{item.assignees.join(', ') || t.anybody}</span>,
    },
    asked,
    due,
    ...(unanswered ? [] : [answered]),
  ]
}

function Due({ item }: { item: Approval }) {
  if (item.status !== 'open') return null
  return item.due_at ? <Time at={item.due_at} /> : <span className={classes.muted}>{t.noDue}</span>
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
