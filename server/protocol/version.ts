/** Version of the device protocol. Nothing negotiates below it. */
export const PROTOCOL = 1;

/** Version of the gateway's database schema. */
export const SCHEMA = 4;
