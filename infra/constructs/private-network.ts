import { NetworkSecurityGroup } from "@cdktf/provider-azurerm/lib/network-security-group/index.js";
import { PrivateDnsZone } from "@cdktf/provider-azurerm/lib/private-dns-zone/index.js";
import { PrivateDnsZoneVirtualNetworkLink } from "@cdktf/provider-azurerm/lib/private-dns-zone-virtual-network-link/index.js";
import { PrivateEndpoint } from "@cdktf/provider-azurerm/lib/private-endpoint/index.js";
import { Subnet } from "@cdktf/provider-azurerm/lib/subnet/index.js";
import { SubnetNetworkSecurityGroupAssociation } from "@cdktf/provider-azurerm/lib/subnet-network-security-group-association/index.js";
import { VirtualNetwork } from "@cdktf/provider-azurerm/lib/virtual-network/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Place } from "./place.ts";

/** What is reached by a private endpoint: the endpoint's sub-resource, and which zone is its. */
const SERVICES = {
  cosmos: { subresource: "Sql", zone: "cosmos" },
  key_vault: { subresource: "vault", zone: "keyVault" },
  blob: { subresource: "blob", zone: "blob" },
} as const;

type ServiceName = keyof typeof SERVICES;

/** A subnet for one service's outgoing calls, or for the private endpoints. */
const SUBNETS = {
  authorization_server: { range: "10.40.0.0/26", delegation: "Microsoft.App/environments" },
  graph_mcp: { range: "10.40.0.64/26", delegation: "Microsoft.App/environments" },
  gateway: { range: "10.40.0.128/26", delegation: "Microsoft.Web/serverFarms" },
  endpoints: { range: "10.40.0.192/26", delegation: undefined },
} as const;

/** A virtual network in which the stores are reached, with their names. */
export class PrivateNetwork extends Construct {
  readonly subnetIds: Readonly<Record<keyof typeof SUBNETS, string>>;
  private readonly place: Place;
  private readonly zoneIds = new Map<ServiceName, string>();

  constructor(scope: Construct, place: Place) {
    super(scope, "network");
    this.place = place;
    const { resourceGroupName, location, tags } = place;
    const network = new VirtualNetwork(this, "network", {
      name: place.name("vnet"),
      resourceGroupName,
      location,
      addressSpace: ["10.40.0.0/24"],
      tags: { ...tags },
    });
    const rules = new NetworkSecurityGroup(this, "rules", {
      name: place.name("nsg"),
      resourceGroupName,
      location,
      tags: { ...tags },
    });
    const subnet = (name: keyof typeof SUBNETS): string => {
      const { range, delegation } = SUBNETS[name];
      const made = new Subnet(this, `subnet_${name}`, {
        name: name.replaceAll("_", "-"),
        resourceGroupName,
        virtualNetworkName: network.name,
        addressPrefixes: [range],
        ...(delegation
          ? {
              delegation: [{ name: "service", serviceDelegation: { name: delegation } }],
              // Azure fills in the actions that go with a delegation.
              lifecycle: { ignoreChanges: ["delegation[0].service_delegation[0].actions"] },
            }
          : {}),
      });
      // API Management joins no subnet without one, so the subnet's ID is read from here.
      return new SubnetNetworkSecurityGroupAssociation(this, `rules_${name}`, {
        subnetId: made.id,
        networkSecurityGroupId: rules.id,
      }).subnetId;
    };
    this.subnetIds = {
      authorization_server: subnet("authorization_server"),
      graph_mcp: subnet("graph_mcp"),
      gateway: subnet("gateway"),
      endpoints: subnet("endpoints"),
    };
    for (const service of Object.keys(SERVICES) as ServiceName[]) {
      const made = new PrivateDnsZone(this, `zone_${service}`, {
        name: place.cloud.privateZones[SERVICES[service].zone],
        resourceGroupName,
        tags: { ...tags },
      });
      new PrivateDnsZoneVirtualNetworkLink(this, `zone_link_${service}`, {
        name: place.name("link"),
        resourceGroupName,
        privateDnsZoneName: made.name,
        virtualNetworkId: network.id,
        registrationEnabled: false,
        tags: { ...tags },
      });
      this.zoneIds.set(service, made.id);
    }
  }

  /**
   * Puts a resource into the network.
   *
   * @param kind of the endpoint's name
   * @param after the last other change of that resource, where it takes one at a time
   */
  endpoint(service: ServiceName, kind: string, resourceId: string, after?: ITerraformDependable): void {
    const { resourceGroupName, location, tags } = this.place;
    const name = this.place.name(kind);
    new PrivateEndpoint(this, `endpoint_${kind}`, {
      name,
      resourceGroupName,
      location,
      subnetId: this.subnetIds.endpoints,
      privateServiceConnection: {
        name,
        privateConnectionResourceId: resourceId,
        subresourceNames: [SERVICES[service].subresource],
        isManualConnection: false,
      },
      privateDnsZoneGroup: { name: "default", privateDnsZoneIds: [this.zoneIds.get(service) ?? ""] },
      tags: { ...tags },
      ...(after ? { dependsOn: [after] } : {}),
    });
  }
}
