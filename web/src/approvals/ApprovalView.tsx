import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Approval } from '~/api/types'
import { words } from '~/i18n'
import { JsonPreview } from '~/runs/JsonPreview'
import { shortId } from '~/ui/format'
import { Markdown } from '~/ui/Markdown'
import { Time } from '~/ui/Time'
import { ApprovalBadge } from './ApprovalBadge'
import { ApprovalForm } from './ApprovalForm'
import classes from './approvals.module.css'

const t = words.approvals

interface ApprovalViewProps {
  approval: Approval
  /** Within the run that asks, what leads there is left out. */
  inRun?: boolean
}

/** A question with everything one needs to decide, or the answer that it got. */
export function ApprovalView({ approval, inRun = false }: ApprovalViewProps) {
  return (
    <article className={classes.view} data-testid="approval">
      <header className={classes.head}>
        <ApprovalBadge status={approval.status} variant="pill" />
        <h2>{approval.title}</h2>
      </header>
      <dl className={classes.facts}>
        {inRun ? null : (
          <Fact name={t.run}>
            <Link to="/runs/$id" params={{ id: approval.execution }} search={{ node: nodeOf(approval) }}>
              {approval.workflow} · {shortId(approval.execution)}
            </Link>{' '}
            {t.node} <code>{approval.node}</code>
          </Fact>
        )}
        <Fact name={t.askedOf}>{approval.assignees.join(', ') || t.anybody}</Fact>
        <Fact name={t.asked}>
          <Time at={approval.created_at} />
        </Fact>
        {approval.status === 'open' ? (
          <Fact name={t.due}>
            {approval.due_at ? (
              <>
                <Time at={approval.due_at} />, {t.whenDue[approval.when_due]}
              </>
            ) : (
              t.noDue
            )}
          </Fact>
        ) : null}
        {approval.status === 'expired' ? (
          <Fact name={t.unanswered}>
            <Time at={approval.due_at ?? approval.decided_at ?? approval.created_at} />
            {': '}
            {t.became[approval.when_due]}
          </Fact>
        ) : approval.decided_at ? (
          <Fact name={t.answered}>
            <Time at={approval.decided_at} /> {approval.decided_by ? t.answeredBy(approval.decided_by) : null}
          </Fact>
        ) : null}
      </dl>
      {approval.instructions ? <Markdown text={approval.instructions} /> : null}
      {approval.status === 'open' ? (
        <ApprovalForm key={approval.id} approval={approval} />
      ) : (
        <Answer approval={approval} />
      )}
    </article>
  )
}

/** Within a loop the node's name ends with its item, and the run shows the loop. */
const nodeOf = ({ node }: Approval): string | undefined => (node.includes('[') ? undefined : node)

function Answer({ approval }: { approval: Approval }) {
  const { data, comment, status } = approval
  return (
    <div className={classes.answer}>
      <p>{t.statusHelp[status]}</p>
      {comment ? <blockquote>{comment}</blockquote> : null}
      {data && Object.keys(data).length > 0 ? (
        <section aria-label={t.data}>
          <h3>{t.data}</h3>
          <JsonPreview value={data} />
        </section>
      ) : null}
    </div>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
