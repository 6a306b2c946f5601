/** From this width on a node's input, configuration and output stand side by side, px. */
export const PANES_WIDTH = 760
