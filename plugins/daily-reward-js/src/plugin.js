// @ts-check
import { account, channel, plugin, PluginError, storage } from "meadhall-guest";
export default plugin({
  rpc: { greet(ctx, name) { if (name === "boom") throw PluginError.notFound("no"); return `hello ${name}` + storage.get({collection:"a", key:"b"})?.version; } },
});
