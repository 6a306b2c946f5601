const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

/** Adding, wiring, arranging and finding on the canvas of the editor. */
export const canvas = {
  recent: 'Recently used',
  favourites: 'Favourites',
  addFavourite: (title: string) => `Add ${title} to the favourites`,
  removeFavourite: (title: string) => `Remove ${title} from the favourites`,

  port: {
    after: (port: string) => `Add a node after ${port}`,
    before: (port: string) => `Add a node before ${port}`,
    fittingBefore: (target: string) => `Nodes that can feed ${target}`,
    fittingInto: (source: string, target: string) => `Nodes that fit between ${source} and ${target}`,
    from: 'Outlet',
    to: 'Port',
  },

  actions: {
    addAfter: 'Add a node after…',
    addBefore: 'Add a node before…',
    insert: 'Insert a node here…',
    insertMoved: (title: string) => `Insert ${title} into a wire`,
    reconnect: 'Reconnect wire',
    selectWire: 'Select the next wire of the node',
    alignLeft: 'Align left edges',
    alignCentre: 'Align centres',
    alignRight: 'Align right edges',
    alignTop: 'Align top edges',
    alignMiddle: 'Align middles',
    alignBottom: 'Align bottom edges',
    distributeColumns: 'Distribute horizontally',
    distributeRows: 'Distribute vertically',
    tidyBest: 'Tidy up with fewest crossings',
    nudgeFar: 'Nudge far',
    selectUpstream: 'Select everything upstream',
    selectDownstream: 'Select everything downstream',
    zoomReset: 'Zoom to 100 %',
    find: 'Find nodes…',
    close: 'Close panel or clear selection',
    menu: 'Open the menu of the selection',
    settings: 'Editor settings…',
    renameId: 'Change title and id…',
    nextPane: 'Next area',
    previousPane: 'Previous area',
  },

  tidying: 'Looking for the layout with the fewest crossings…',
  tidyFailed: (reason: string) => `The graph could not be arranged: ${reason}`,

  find: {
    label: 'Nodes of the workflow',
    search: 'Find nodes by title, id, type or setting',
    count: (at: number, of: number) => `${at} of ${of}`,
    total: (of: number) => plural(of, 'node'),
    nothing: (query: string) => `No node matches “${query}”`,
    none: 'The workflow has no nodes yet',
    next: 'Next match',
    previous: 'Previous match',
    close: 'Close',
    inside: (titles: readonly string[]) => `in ${titles.join(' › ')}`,
    disabled: 'disabled',
    problems: (count: number) => plural(count, 'problem'),
  },

  commands: {
    actions: 'In this editor',
    nodes: 'Nodes of this workflow',
    add: 'Add a node',
    addNamed: (title: string) => `Add ${title}`,
  },

  clipboard: {
    pasted: (count: number) => `${plural(count, 'node')} pasted`,
    denied: 'The browser did not let the clipboard be read. Press Ctrl+V to paste.',
    failed: 'The browser did not let the nodes be copied',
  },

  rename: 'Title of the node',

  readOnly: {
    badge: 'Read only',
    role: (role: string) => `Your role (${role}) may look at workflows and not change them.`,
    phone: 'Workflows are drawn on a larger screen; here they can be looked at.',
  },

  large: {
    title: (count: number) => `${count.toLocaleString('en')} nodes are a lot for one canvas`,
    text: 'Tidy up, undo of large steps, checks while you type and opening become slower. Runs do not.',
    offer: 'Parts that belong together can be workflows of their own, called by one node each.',
    add: 'Add a call of a workflow',
    settings: 'Change the limit',
    dismiss: 'Understood',
  },

  settings: {
    title: 'Editor settings',
    help: 'Kept in this browser.',
    snap: 'Snap to the grid while dragging',
    guides: 'Show alignment guides and snap to them',
    wheel: 'Mouse wheel and two fingers',
    wheelZoom: 'Zoom',
    wheelPan: 'Move the view (Ctrl zooms)',
    large: 'Warn above this number of nodes',
    largeHelp: 'Larger graphs still work, but some things become slower.',
    done: 'Done',
  },

  help: {
    add: 'Add and wire',
    edit: 'Edit',
    arrange: 'Arrange',
    view: 'View and find',
    workflow: 'Workflow',
    nudgeFar: 'Nudge far',
    reconnect: 'Move the end of a wire',
    reconnectKeys: 'Drag the end of the wire',
    insert: 'Put a node into a wire',
    insertKeys: 'Drop it on the wire',
    titleEdit: 'Edit a title on the card',
    titleEditKeys: 'Double-click the title',
    trackpad: 'Move the view with two fingers',
    trackpadKeys: 'Editor settings',
  },
}
