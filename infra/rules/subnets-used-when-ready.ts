import { type Rule, resources, strings } from "./rule.ts";

const ASSOCIATION = "azurerm_subnet_network_security_group_association";

/**
 * API Management joins no subnet without a network security group, and a subnet takes one change at a time. So whoever uses a subnet
 * has its ID from the association, which Terraform then makes before and takes away after.
 */
export const subnetsUsedWhenReady: Rule = {
  name: "subnets used only once they have their network security group",
  check: ({ document }) =>
    resources(document)
      .filter(({ type }) => type !== ASSOCIATION)
      .flatMap(({ address, block }) =>
        strings(block)
          .filter((text) => /\$\{azurerm_subnet\./.test(text))
          .map((text) => `${address} may come before the network security group: ${text}`),
      ),
};
