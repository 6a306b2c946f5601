import { Tooltip, UnstyledButton } from '@mantine/core'
import { type Icon, IconBolt, IconCloudOff, IconLoader2, IconRefresh } from '@tabler/icons-react'
import { words } from '~/i18n'
import { stream } from '~/runs/browserStream'
import type { ConnectionState } from '~/runs/stream'
import { useConnection } from '~/runs/useRun'
import classes from './ConnectionBadge.module.css'

const MARK: Record<ConnectionState['state'], Icon> = {
  live: IconBolt,
  sse: IconBolt,
  polling: IconRefresh,
  connecting: IconLoader2,
  offline: IconCloudOff,
}

function explain({ state, reason }: ConnectionState): string {
  const { connection } = words.shell
  const why = reason ?? connection.unknown
  switch (state) {
    case 'live':
      return connection.liveHelp
    case 'sse':
      return connection.sseHelp(why)
    case 'polling':
      return connection.pollingHelp(why)
    case 'connecting':
      return connection.connectingHelp
    case 'offline':
      return connection.offlineHelp(why)
  }
}

/** How fresh the page is: the transport in a word, the reason on hover, a click to try at once. */
export function ConnectionBadge() {
  const connection = useConnection()
  const Mark = MARK[connection.state]
  return (
    <Tooltip label={explain(connection)} multiline maw={320}>
      <UnstyledButton className={classes.badge} data-state={connection.state} onClick={stream.retryNow}>
        <Mark size={14} stroke={2} aria-hidden />
        <span role="status">{words.shell.connection[connection.state]}</span>
      </UnstyledButton>
    </Tooltip>
  )
}
